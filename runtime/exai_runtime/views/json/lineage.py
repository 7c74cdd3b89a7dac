"""The lineage as plain JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from exai_compiler.edges import Edge, Node
from exai_compiler.nodes import Described
from exai_compiler.parts import Rings
from exai_compiler.picture import Fact
from exai_runtime.lineage_results import Drawn, Traced
from exai_runtime.views.json import values
from exai_runtime.views.json.values import Plain


def traced(found: Traced) -> Plain:
    """Nodes by how far away they are; edges in the order of documents and files."""
    nodes = [
        *(_reached(found, node, "start", 0) for node in found.part.starts),
        *_rings(found, "up", found.part.above),
        *_rings(found, "down", found.part.below),
    ]
    return {
        "node": str(found.node),
        "directions": list(found.ways),
        "depth": found.depth,
        "columns": found.columns,
        "environment": found.environment or None,
        "nodes": nodes,
        "edges": [edge(one) for one in found.part.edges],
    }


def drawn(found: Drawn) -> Plain:
    return {
        "format": found.format,
        "file": found.file or None,
        "text": None if found.file else found.text,
        "nodes": found.nodes,
        "edges": found.edges,
    }


def node(one: Node, described: Mapping[Node, Described]) -> Plain:
    told = described.get(one)
    return {
        "node": str(one),
        "kind": one.kind,
        "name": one.name,
        "step": one.step or None,
        "column": one.column or None,
        "what": (told.what or None) if told else None,
        "unit": (told.unit or None) if told else None,
        "description": (told.description or None) if told else None,
        "owner": (told.owner or None) if told else None,
        "at": values.span(told.at) if told else None,
    }


def happened(facts: Sequence[Fact]) -> list[Plain]:
    return [{"name": fact.name, "value": fact.value, "state": fact.state or None} for fact in facts]


def edge(one: Edge) -> Plain:
    return {
        "source": str(one.source),
        "target": str(one.target),
        "at": values.span(one.at),
        "document": str(one.spec.ref),
        "path": list(one.path),
    }


def _rings(found: Traced, way: str, rings: Rings) -> Iterator[Plain]:
    for distance, ring in enumerate(rings, 1):
        for one in ring:
            yield _reached(found, one, way, distance)


def _reached(found: Traced, one: Node, way: str, distance: int) -> Plain:
    facts = happened(found.facts.get(one, ()))
    return node(one, found.described) | {
        "direction": way,
        "distance": distance,
        "happened": facts,
    }
