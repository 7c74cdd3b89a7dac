"""The nearest chains, found in one walk for all, against a walk for each start and each end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from valid_projects import components, projects

from exai_compiler.edges import Node
from exai_compiler.lineage import Lineage
from exai_compiler.project import link
from exai_compiler.revisions import Revision, built
from exai_compiler.revisions.ways import documents_between, nearest, once
from exai_specs.documents import read
from exai_specs.identity import Ref
from exai_specs.parse import parse_all
from exai_specs.values import replace

EXAMPLES = ["diabetes", "iris", "section-0", "guide/nested"]


def lineage_of(name: str) -> Lineage:
    texts = projects()[name]
    specs = [(path, text) for path, text in texts.items() if path.endswith(".yaml")]
    project = link(parse_all([part for path, text in specs for part in read(text, path)[0]])[0])
    assert project is not None
    environment = next(each for each in map(project.environment, ("local", "prod")) if each)
    python = {path: text for path, text in texts.items() if path.endswith(".py")}
    catalog = replace(components(), files=python)
    return built(Revision(project, catalog, environment), project, "local").lineage


@pytest.mark.parametrize("name", EXAMPLES)
def test_one_walk_is_all_walks(name: str) -> None:
    lineage = lineage_of(name)
    documents = sorted(node for node in lineage.nodes if node.is_document)
    edges = {(lineage.nodes[a].ref, lineage.nodes[b].ref) for a, b in ends(lineage)}
    alone = {node.ref: nearest(lineage, [(node.ref,)]) for node in documents}
    for node in documents:
        below = {each.ref for each in lineage.down(node) if each.is_document}
        assert alone[node.ref].keys() == below | {node.ref}
        for ref, chain in alone[node.ref].items():
            assert (chain[0], chain[-1]) == (node.ref, ref)
            assert all(pair in edges for pair in pairwise(chain))
            other = documents_between(lineage, node, Node(ref.kind, ref.name))
            assert ref == node.ref or len(chain) <= len(other)
    for number in range(len(documents)):
        starts = [node.ref for node in documents[number::3]]
        together = nearest(lineage, [(ref,) for ref in starts])
        for ref, chain in together.items():
            known = [alone[start][ref] for start in starts if ref in alone[start]]
            assert (len(chain), chain[0]) == min((len(each), each[0]) for each in known)


def test_a_chain_has_each_document_once() -> None:
    a, b, c = (Ref("Model", name) for name in "abc")
    assert once((a, b, c)) == (a, b, c)
    assert once((a, b, a, c)) == (a, b, c)
    assert once((a, b, a)) == (a,)  # it is its own reason
    assert once((c, a, b, a)) == (c, a)
    assert once((a, b, b, a, c)) == (a, b, c)
    assert once((a,)) == (a,)


def test_a_way_that_leads_nowhere_isnt_gone() -> None:
    lineage = lineage_of("diabetes")
    start = next(node.ref for node in lineage.nodes if node.kind == "Dataset")
    everything = nearest(lineage, [(start,)])
    assert {ref.kind for ref in everything} >= {"Dataset", "Pipeline", "Model", "Service"}

    def no_service(_above: Ref, below: Ref) -> bool:
        return below.kind != "Service"

    found = nearest(lineage, [(start,)], no_service)
    assert found == {ref: way for ref, way in everything.items() if ref.kind != "Service"}
    longer = (Ref("File", "a.py"), start)
    assert nearest(lineage, [longer])[start] == longer


def ends(lineage: Lineage) -> list[tuple[int, int]]:
    return list(zip(lineage.starts, lineage.ends, strict=True))
