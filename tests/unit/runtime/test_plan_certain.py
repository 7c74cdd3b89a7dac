"""Who breaks for certain, where documents of a revision have mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewed_projects import (
    CLUSTER,
    DATASET,
    HEAD,
    MODEL,
    RUNTIME,
    SERVING,
    TRAINING,
    commit,
    edit,
    project,
    rows,
)

from exai_compiler.revisions import Break, Comparison
from exai_runtime import rechecking
from exai_runtime.comparing import plan_against
from exai_specs.effects import Effect

PLACES = CLUSTER.replace("MODE", "Standard, gatewayApi: true").partition(", other:")[0] + "}"
SIGNED = f"""
{HEAD}kind: Model
metadata: {{name: leaves, owner: ml}}
spec:
  task: classification
  source: {{uri: "s3://b/m", format: sklearn}}
  signature: {{inputs: {{width: float64}}, outputs: {{kind: string}}}}
"""
SCORING = f"""
{HEAD}kind: Service
metadata: {{name: scoring, owner: ml}}
spec:
  model: leaves
  replicas: {{min: 1, max: 3}}
"""
INLINE = f"""
{HEAD}kind: Service
metadata: {{name: inline, owner: ml}}
spec:
  model:
    uri: "s3://b/m"
    format: sklearn
    signature: {{inputs: {{height: float64}}, outputs: {{kind: string}}}}
  runtime: mine
"""
TALKING = f"""
{HEAD}kind: LLMService
metadata: {{name: chat, owner: ml}}
spec:
  model: {{uri: "hf://a/b", name: talk, lora: {{adapters: {{sql: "hf://a/s", c: "hf://a/c"}}}}}}
  router: {{route: {{}}}}
"""
GRAPH = f"""
{HEAD}kind: Graph
metadata: {{name: both, owner: ml}}
spec: {{nodes: {{root: {{routerType: Sequence, steps: [{{service: scoring}}]}}}}}}
"""
DOCUMENTS = (SIGNED, SCORING, INLINE, RUNTIME, TALKING, GRAPH)
WHOLE = "---".join(DOCUMENTS)
# What is wrong stands in documents that have nothing to do with the others.
UNREADABLE = ("kinds@champion}", "kinds@champion, replcas: {min: 1}}")
UNKNOWN = ("kinds@champion}", "kindz@champion}")
CASES = {
    "protocol": ("  model: leaves\n", "  model: leaves\n  protocol: v1\n"),
    "stopped": ("  model: leaves\n", "  model: leaves\n  stopped: true\n"),
    "visibility": ("  model: leaves\n", "  model: leaves\n  visibility: cluster\n"),
    "another input": ("inputs: {width: float64}", "inputs: {length: float64}"),
    "an input's type": ("inputs: {width: float64}", "inputs: {width: int64}"),
    "an output": ("{height: float64}, outputs: {kind:", "{height: float64}, outputs: {sort:"),
    "task": ("task: classification\n  source", "task: regression\n  source"),
    "name of a model": ("name: talk", "name: speak"),
    "adapter": (', c: "hf://a/c"', ""),
    "route": ("  router: {route: {}}\n", ""),
    "runtime": (RUNTIME + "---", ""),
    "graph": ("---" + GRAPH, ""),
    "service": (INLINE + "---", ""),
}


@pytest.fixture(params=[0, rechecking.FEW], ids=["parts", "whole"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(rechecking, "FEW", request.param)
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING, environments=PLACES)
    (root / "specs/whole.yaml").write_text(WHOLE)
    commit(root)
    return root


def compared(root: Path, revision: str = "HEAD") -> Comparison:
    found = plan_against(root, "prod", revision).comparison
    assert found is not None
    return found


def said(breaks: tuple[Break, ...]) -> list[tuple[str, ...]]:
    told = ((each.consumer, each.why, str(each.at), str(each.because)) for each in breaks)
    return sorted(told)


def breaking(found: Comparison) -> dict[str, str]:
    return {ref: verb for ref, (verb, impact) in rows(found).items() if impact is Effect.BREAKING}


@pytest.mark.parametrize("mistake", [UNREADABLE, UNKNOWN], ids=["unreadable", "unknown"])
@pytest.mark.parametrize("case", CASES)
def test_a_mistake_elsewhere_hides_nobody_that_breaks(
    root: Path, case: str, mistake: tuple[str, str]
) -> None:
    edit(root / "specs/whole.yaml", CASES[case])
    whole = compared(root)
    assert whole.plan is not None
    assert whole.breaks != ()
    edit(root / "specs/all.yaml", mistake)
    found = compared(root)
    assert found.plan is None
    assert said(found.breaks) == said(whole.breaks)
    assert breaking(found) == breaking(whole)
    assert {str(each.ref) for each in found.breaks} <= breaking(found).keys()
    assert [each.ref for each in found.documents] == sorted(each.ref for each in found.documents)


def test_in_another_namespace_nobody_finds_what_is_called(root: Path) -> None:
    edit(root / "exai.yaml", ("namespace: ml", "namespace: m2"))
    whole = compared(root)
    edit(root / "specs/all.yaml", UNKNOWN)
    found = compared(root)
    served = ("Graph/both", "LLMService/chat", "Service/inline", "Service/scoring")
    assert {each.consumer for each in found.breaks} == {f"whoever calls {each}" for each in served}
    assert set(said(found.breaks)) <= set(said(whole.breaks)), "of what is wrong nothing is told"
    assert breaking(found) == {"Project/shop": "changed", **dict.fromkeys(served, "affected")}
    assert breaking(found).items() <= breaking(whole).items()


def test_on_another_target_nobody_finds_what_is_called(root: Path) -> None:
    for name in ("specs/all.yaml", "specs/whole.yaml"):
        (root / name).write_text(TALKING)
    edit(root / "specs/all.yaml", ("name: chat", "name: other"))
    commit(root)
    text = (root / "exai.yaml").read_text().partition("spec:")[0]
    (root / "exai.yaml").write_text(f"{text}spec: {{environments: {{prod: {{target: local}}}}}}\n")
    whole = compared(root)
    assert whole.plan is not None
    edit(root / "specs/all.yaml", ("  model:", "  modle:"))
    assert said(compared(root).breaks) == [
        each for each in said(whole.breaks) if "LLMService/chat" in each[0]
    ]
    assert "whoever calls LLMService/chat" in {each.consumer for each in whole.breaks}


@pytest.mark.parametrize("case", ["protocol", "another input", "runtime", "graph"])
def test_a_mistake_in_the_same_file_hides_nobody(root: Path, case: str) -> None:
    edit(root / "specs/whole.yaml", CASES[case])
    text = (root / "specs/whole.yaml").read_text()
    whole = compared(root)
    wrong = SERVING.replace("name: serving", "name: mine2").replace("{model:", "{modle:")
    (root / "specs/whole.yaml").write_text("---".join((text, wrong, TALKING.replace("chat", "c"))))
    assert [(each.consumer, each.why) for each in compared(root).breaks] == [
        (each.consumer, each.why) for each in whole.breaks
    ]


OVERLAY = f"""
{HEAD}kind: Overlay
metadata: {{name: more, owner: ml}}
spec: {{environment: prod, target: Service/scoring, patch: {{spec: PATCH}}}}
"""


@pytest.mark.parametrize(
    "more",
    [
        OVERLAY.replace("PATCH", "{stopped: fales}"),  # it breaks the document
        OVERLAY.replace("PATCH", "{").replace("Service/scoring", "["),  # can't be read
        OVERLAY.replace("Service/scoring", "Service/scorin"),  # of no document
    ],
    ids=["breaks", "unreadable", "nowhere"],
)
def test_a_wrong_overlay_leaves_certain_only_what_is_gone(root: Path, more: str) -> None:
    edit(root / "specs/whole.yaml", CASES["stopped"], CASES["graph"])
    (root / "specs/more.yaml").write_text(more.replace("PATCH", "{replicas: {min: 2, max: 3}}"))
    assert [each.consumer for each in compared(root).breaks if not each.code] == [
        "whoever calls Graph/both"
    ]


@pytest.mark.parametrize(
    ("case", "mistake"),
    [
        ("stopped", ("model: leaves", "model: leafs")),
        ("another input", ("task: classification\n  source", "task: classify\n  source")),
    ],
)
def test_of_a_document_with_a_mistake_nothing_is_certain(
    root: Path, case: str, mistake: tuple[str, str]
) -> None:
    edit(root / "specs/whole.yaml", CASES[case], mistake)
    assert [each for each in compared(root).breaks if not each.code] == []


def test_a_runtime_that_cant_be_read_isnt_removed(root: Path) -> None:
    edit(root / "specs/whole.yaml", ("formats: {sklearn", "format: {sklearn"))
    assert [each for each in compared(root).breaks if not each.code] == []


@pytest.mark.parametrize("mistake", ["taks: classification", "task: classify"])
def test_what_a_broken_revision_had_is_told_too(root: Path, mistake: str) -> None:
    file = root / "specs/whole.yaml"
    sound = file.read_text()
    file.write_text(sound.replace("task: classification", mistake))
    commit(root)
    file.write_text(sound)
    edit(file, CASES["protocol"], CASES["graph"])
    found = compared(root)
    assert found.plan is not None
    assert [(each.consumer, each.why, each.is_gone) for each in found.breaks] == [
        ("whoever calls Graph/both", "the graph is removed", True),
        ("whoever calls Service/scoring", "it speaks v1, and spoke v2", False),
    ]
    assert rows(found)["Graph/both"] == ("removed", Effect.BREAKING)
    assert rows(found)["Service/scoring"] == ("changed", Effect.BREAKING)


def test_in_an_environment_that_is_new_nothing_breaks(root: Path) -> None:
    edit(root / "exai.yaml", ("prod: {", "dev: {"))
    commit(root)
    edit(root / "exai.yaml", ("dev: {", "prod: {"))
    edit(root / "specs/whole.yaml", CASES["graph"])
    edit(root / "specs/all.yaml", UNKNOWN)
    found = compared(root)
    assert [each.consumer for each in found.breaks if not each.code] == []


def test_an_error_of_another_environment_breaks_nobody_here(root: Path) -> None:
    text = (root / "exai.yaml").read_text()
    other = text.partition("prod: {")[2].removesuffix("}}\n").replace("gatewayApi: true", "")
    (root / "exai.yaml").write_text(text.replace("{prod: {", f"{{other: {{{other}, prod: {{"))
    commit(root)
    edit(root / "specs/all.yaml", UNREADABLE)
    assert compared(root).breaks == ()


@pytest.mark.parametrize(
    "wrong",
    [
        SERVING.replace("name: serving", "nmae: serving"),
        SERVING.replace("spec: {", "spec: ["),
        SERVING.replace("serving", "both").replace("{model:", "{modle:"),
        SERVING.replace("{model:", "{modle:").rstrip(),
    ],
    ids=["no name", "no YAML", "its name", "cut off"],
)
def test_what_a_document_that_cant_be_read_may_be_isnt_gone(root: Path, wrong: str) -> None:
    edit(root / "specs/whole.yaml", CASES["graph"])
    text = (root / "specs/whole.yaml").read_text()
    (root / "specs/whole.yaml").write_text("---".join((text, wrong)))
    assert [each for each in compared(root).breaks if each.is_gone] == []


@pytest.mark.parametrize(
    ("text", "is_gone"),
    [
        (f"{HEAD}kind: Service\nmetadata: {{na", False),
        (INLINE.replace("name: inline", "nmae: inline"), False),
        (f"{HEAD}metadata: [", False),
        (INLINE.replace("inline", "in line").replace("spec:", "sepc: ["), False),
        (DATASET.replace("name: flowers", "nmae: flowers"), True),
        (SIGNED.replace("leaves", "petals").replace("spec:", "spec: ["), True),
        (SIGNED.replace("leaves", "petals").partition("float64")[0], False),
        (INLINE.replace("inline", "other").replace("  model:", "  modle:"), True),
    ],
    ids=[
        "cut off",
        "no name",
        "no kind",
        "wrong name",
        "no name of its kind",
        "its kind",
        "cut above",
        "named",
    ],
)
def test_a_service_that_may_be_in_another_file_isnt_gone(
    root: Path, text: str, is_gone: bool
) -> None:
    (root / "specs/own.yaml").write_text(INLINE.replace("inline", "moved"))
    commit(root)
    (root / "specs/own.yaml").unlink()
    (root / "specs/elsewhere.yaml").write_text(text)
    found = compared(root)
    assert found.plan is None
    assert [str(each.ref) for each in found.breaks if each.is_gone] == ["Service/moved"] * is_gone
    severe = rows(found)["Service/moved"][1] is Effect.BREAKING
    assert severe is is_gone


@pytest.mark.parametrize(
    ("text", "is_gone"),
    [
        (f"{HEAD}kind: Runtime\nmetadata: {{na", False),
        (RUNTIME.replace("name: mine", "nmae: yours"), False),
        (INLINE.replace("name: inline", "nmae: inlined"), True),
    ],
    ids=["cut off", "no name", "no name of its kind"],
)
def test_a_runtime_that_may_be_in_another_file_isnt_gone(
    root: Path, text: str, is_gone: bool
) -> None:
    edit(root / "specs/whole.yaml", CASES["runtime"])
    (root / "specs/elsewhere.yaml").write_text(text)
    found = compared(root)
    assert found.plan is None
    assert [str(each.ref) for each in found.breaks if not each.code] == ["Service/inline"] * is_gone
    assert (rows(found)["Runtime/mine"][1] is Effect.BREAKING) is is_gone
