"""The ways along a lineage, as the documents that they pass.

In: a lineage, where to start. Out: chains of documents, each from its start down to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

from exai_compiler.edges import Node
from exai_compiler.lineage import Lineage
from exai_specs.identity import Ref

Chain = tuple[Ref, ...]


def always(above: Ref, below: Ref) -> bool:
    """Every way leads on."""
    del above, below
    return True


def nearest(
    lineage: Lineage,
    starts: Iterable[Chain],
    leads: Callable[[Ref, Ref], bool] = always,
) -> Mapping[Ref, Chain]:
    """The shortest chain to each document, by the number of documents; of two the one whose start
    comes first. Each start is a chain already, whose last document is where it begins. `leads` says
    whether there is a way from a document on to another.

    One walk for all: a document may be under as many as there are, and have as many below.
    """
    rings: dict[int, list[tuple[int, Chain]]] = {}
    for chain in sorted(starts):
        for number in lineage.known((Node(chain[-1].kind, chain[-1].name),)):
            rings.setdefault(len(chain), []).append((number, chain))
    nodes, met = lineage.nodes, bytearray(len(lineage.nodes))
    found: dict[Ref, Chain] = {}
    passes: dict[tuple[Ref, Ref], bool] = {}
    while rings:
        length = min(rings)
        ring = rings.pop(length)
        for number, chain in ring:  # which grows by what is of the same document
            if met[number]:
                continue
            met[number] = 1
            if nodes[number].is_document:
                found[chain[-1]] = once(chain)
            here = chain[-1]
            for end in lineage.below[number]:
                if met[end]:
                    continue
                node = nodes[end]
                if node.kind == here.kind and node.name == here.name:
                    ring.append((end, chain))
                    continue
                pair = here, node.ref
                if pair not in passes:
                    passes[pair] = leads(*pair)
                if passes[pair]:
                    rings.setdefault(length + 1, []).append((end, (*chain, pair[1])))
    return found


def once(chain: Chain) -> Chain:
    """The chain with each document where it comes first, and what comes back to its own end cut off
    there: a Model changes what its pipeline does, which registers that Model's next version."""
    if len(set(chain)) == len(chain):
        return chain
    return tuple(dict.fromkeys(chain[: chain.index(chain[-1]) + 1]))


def documents_between(lineage: Lineage, start: Node, end: Node) -> Chain:
    """The documents along a shortest way, both ends included; empty without one."""
    edges = lineage.path(start, end)
    refs = [edge.source.ref for edge in edges] + ([end.ref] if edges else [])
    return once((*refs[:1], *(b for a, b in pairwise(refs) if a != b))) if refs else ()
