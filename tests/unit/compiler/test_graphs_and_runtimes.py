"""Graphs of any depth, runtimes of any version, and what comes from what."""

from __future__ import annotations

import pytest

from exai_compiler.backends.kserve.own_runtimes import own_runtimes
from exai_compiler.catalog import Catalog
from exai_compiler.checks import chained_answers
from exai_compiler.checks.graphs import check
from exai_compiler.checks.survey import subject
from exai_compiler.project import Project, link
from exai_compiler.service_edges import service_edges
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

HEAD = "apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: p}\nspec: {}\n"


def document(kind: str, name: str, spec: str) -> str:
    frame = f"apiVersion: exai.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
    return f"---\n{frame}spec: {spec}\n"


def project(*documents: str) -> Project:
    found, problems = read(HEAD + "".join(documents), "exai.yaml")
    assert problems == ()
    specs = [parse(each) for each in found]
    linked = link(spec for spec in specs if isinstance(spec, Spec))
    assert linked is not None and len(linked.all) == len(specs), specs
    return linked


SERVICE = document("Service", "s", "{model: {uri: 's3://b/m', format: mine}, runtime: own}")


@pytest.mark.parametrize("back", [False, True])
def test_a_graph_may_be_deep(back: bool) -> None:
    depth = 3000
    nodes = [f"n{i}: {{routerType: Sequence, steps: [{{node: n{i + 1}}}]}}" for i in range(depth)]
    last = "{node: n0}" if back else "{service: s}"
    nodes.append(f"n{depth}: {{routerType: Sequence, steps: [{last}]}}")
    nodes.append("root: {routerType: Sequence, steps: [{node: n0}]}")
    graph = document("Graph", "g", "{nodes: {" + ", ".join(nodes) + "}}")
    found = list(check(subject(project(SERVICE, graph), Catalog({}))))
    assert [each.code for each in found] == (["graph-cycle"] if back else [])
    if back:
        assert len(found[0].related) == depth


def test_a_runtime_without_versions_reads_any() -> None:
    spec = "{image: a/b, formats: {mine: {autoSelect: true}, other: {version: ['1', '2']}}}"
    (found,) = own_runtimes(project(document("Runtime", "own", spec)))
    assert found.serves("mine", "7") and found.version("mine", "7") is None
    assert found.serves("mine", None) and found.version("mine", None) is None
    assert found.serves("other", "2.1") and not found.serves("other", "3")
    assert found.version("other", None) == "2" and found.chosen == ("mine",)
    assert found.offers("grpc-v1")


def test_runtimes_of_a_higher_priority_come_first() -> None:
    spec = "{{image: a/b, formats: {{mine: {{autoSelect: true, priority: {}}}}}}}"
    documents = [document("Runtime", name, spec.format(n)) for name, n in (("a", 1), ("b", 3))]
    assert [each.name for each in own_runtimes(project(*documents))] == ["b", "a"]


def test_a_graph_comes_from_its_services_and_a_service_from_its_runtime() -> None:
    graph = document(
        "Graph", "g", "{nodes: {root: {routerType: Sequence, steps: [{service: s}, {service: x}]}}}"
    )
    runtime = document("Runtime", "own", "{image: a/b, formats: {mine: {}}}")
    found = {
        (str(each.source), str(each.target))
        for each in service_edges(project(SERVICE, graph, runtime), {}, {})
    }
    assert found == {("Runtime/own", "Service/s"), ("Service/s", "Graph/g")}


@pytest.mark.parametrize(
    ("kind", "spec", "code"),
    [
        ("Graph", "{nodes: {}}", "invalid-value"),
        (
            "Graph",
            "{nodes: {first: {routerType: Sequence, steps: [{service: s}]}}}",
            "missing-field",
        ),
        ("Graph", "{nodes: {root: {routerType: Sequence, steps: []}}}", "invalid-value"),
        ("Graph", "{nodes: {root: {routerType: Random, steps: [{service: s}]}}}", "invalid-value"),
        ("Graph", "{nodes: {root: {routerType: Sequence, steps: [{}]}}}", "exactly-one-of"),
        (
            "Graph",
            "{nodes: {root: {routerType: Sequence, steps: [{service: s, node: n}]}}}",
            "exactly-one-of",
        ),
        (
            "Graph",
            "{nodes: {root: {routerType: Sequence, steps: [{service: s}]}}, autoscale: {none: {}}}",
            "invalid-value",
        ),
        ("Runtime", "{formats: {a: {}}}", "missing-field"),
        ("Runtime", "{image: a/b, formats: {}}", "invalid-value"),
        ("Runtime", "{image: a/b, formats: {a: {version: 1}}}", "wrong-type"),
        ("Runtime", "{image: a/b, formats: {a: {version: []}}}", "invalid-value"),
        ("Runtime", "{image: a/b, formats: {a: {priority: 1}}}", "invalid-value"),
        ("Runtime", "{image: a/b, formats: {a: {}}, serviceAccount: x}", "unknown-field"),
        ("Runtime", "{image: a/b, formats: {a: {}}, initContainers: {}}", "unknown-field"),
    ],
)
def test_what_the_kinds_refuse(kind: str, spec: str, code: str) -> None:
    ((found,), _) = read(document(kind, "x", spec).removeprefix("---\n"), "x.yaml")
    problems = parse(found)
    assert not isinstance(problems, Spec)
    assert [each.code for each in problems] == [code]


def served(name: str, inputs: str, outputs: str, more: str = "") -> str:
    files = f"uri: 's3://b/{name}', format: sklearn"
    signature = f"signature: {{inputs: {inputs}, outputs: {outputs}}}"
    return document("Service", name, f"{{model: {{{files}, {signature}}}{more}}}")


@pytest.mark.parametrize(
    ("inputs", "more", "second", "wrong"),
    [
        ("{x: int64}", "", "{service: b, data: $response}", ""),
        ("{x: float64}", "", "{service: b, data: $response}", ""),
        ("{x: float32}", "", "{service: b, data: $response}", ""),
        ("{x: int32}", "", "{service: b, data: $response}", ""),
        ("{x: bool}", "", "{service: b, data: $response}", "`b` takes `x`, which is bool"),
        ("{x: string}", "", "{service: b, data: $response}", "`b` takes `x`, which is string"),
        (
            "{n: int64, x: string}",
            "",
            "{service: b, data: $response}",
            "`b` takes 2 columns: `n`, `x`",
        ),
        ("{x: string}", "", "{service: b, data: $request}", ""),
        ("{x: string}", "", "{service: b}", ""),
        ("{x: string}", ", transformer: {image: 'e.com/t:1'}", "{service: b, data: $response}", ""),
        ("{x: string}", "", "{url: 'http://b', data: $response}", ""),
    ],
)
def test_what_a_step_answers_is_what_the_next_takes(
    inputs: str, more: str, second: str, wrong: str
) -> None:
    graph = document(
        "Graph",
        "g",
        f"{{nodes: {{root: {{routerType: Sequence, steps: [{{service: a}}, {second}]}}}}}}",
    )
    told = answered("int64", served("b", inputs, "{y: string}", more), graph)
    assert told == ([f"`a` answers with `n` alone, int64, and {wrong}"] if wrong else [])


def answered(type_: str, *others: str) -> list[str]:
    found = project(served("a", "{p: float64}", f"{{n: {type_}}}"), *others)
    return [each.message for each in chained_answers.check(subject(found, Catalog({})))]


@pytest.mark.parametrize("given", ["float32", "float64"])
@pytest.mark.parametrize(
    ("wanted", "fits"), [("float32", True), ("float64", True), ("int64", False)]
)
def test_a_number_of_json_has_no_width(given: str, wanted: str, fits: bool) -> None:
    steps = "[{service: a}, {service: b, data: $response}]"
    graph = document("Graph", "g", f"{{nodes: {{root: {{routerType: Sequence, steps: {steps}}}}}}}")
    told = answered(given, served("b", f"{{x: {wanted}}}", "{y: string}"), graph)
    assert len(told) == (0 if fits else 1)
