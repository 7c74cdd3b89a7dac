"""The graph of an example in every format, byte for byte, and hostile text in each of them.

UPDATE_GOLDEN=1 writes the files anew.
"""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as XML

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from exai_compiler.edges import Edge, Node
from exai_compiler.facts import GateResult, Verdict
from exai_compiler.lineage import lineage
from exai_compiler.nodes import Described
from exai_compiler.picture import Fact, Picture, picture
from exai_compiler.project import link
from exai_compiler.transformations import How, how
from exai_runtime.lineage_results import Format
from exai_runtime.mapping import Mapped, mapped
from exai_runtime.run_results import Registered, RunRecord
from exai_runtime.views.graph.dot import dot
from exai_runtime.views.graph.mermaid import mermaid
from exai_runtime.views.graph.naming import identifier
from exai_runtime.views.graph.openlineage import openlineage
from exai_runtime.views.graph.page import page
from exai_runtime.views.graph.plain import as_json
from exai_runtime.views.graph.run_events import run_events
from exai_runtime.views.human.paint import printable
from exai_specs.diagnostics import Span
from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.identity import Ref
from exai_specs.kinds import KINDS, ProjectSpec
from exai_specs.kinds.metadata import Metadata
from exai_specs.parse import Spec, parse

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SCHEMAS = ROOT / "schemas/output"
TIME = "2026-11-26T09:00:00Z"
HOSTILE = (
    "</script><script>alert(1)</script>",
    '"]; click x "javascript:alert(1)"',
    '\\N\\\\ \\" & &amp; <b>@TITLE@ @SCRIPT@</b>',
    "a\nb\r\n%% --> end\tsubgraph",
    "`$(id)` #quot; {{x}} \u202e\u0007\u2028 ärger 花",
    "]]> <!-- --> <![CDATA[",
)


@cache
def in_clinic() -> Callable[[Edge], How]:
    """How the columns of the example come from each other."""
    found = mapped(ROOT / "examples/diabetes")
    assert isinstance(found, Mapped)
    return partial(how, found.project, found.graphs)


def text_of(drawn: Picture, form: Format, columns: bool = False) -> str:
    match form:
        case "mermaid":
            return mermaid(drawn, columns)
        case "dot":
            return dot(drawn, columns)
        case "json":
            return as_json(drawn, columns)
        case "openlineage":
            return openlineage(drawn, TIME, in_clinic())
        case "html":
            return page(drawn, columns, "")


FORMATS: tuple[Format, ...] = ("mermaid", "dot", "json", "openlineage", "html")


@pytest.fixture(scope="module")
def clinic() -> Mapped:
    found = mapped(ROOT / "examples/diabetes")
    assert isinstance(found, Mapped)
    return found


@pytest.fixture(scope="module")
def drawn(clinic: Mapped) -> Picture:
    return picture(clinic.project, clinic.graphs, clinic.lineage)


@pytest.fixture(scope="module")
def hostile() -> Picture:
    """What no check lets through, and the descriptions, code and facts that are anybody's text."""
    (document,), _ = read((ROOT / "examples/iris/exai.yaml").read_text(), "exai.yaml")
    spec = parse(document)
    assert isinstance(spec, Spec)
    nodes, columns, edges, traces = [], {}, [], []
    for number, text in enumerate(HOSTILE):
        at = Span(f"specs/{text}.yaml", number + 1)
        step = Node("Pipeline", "p", text)
        nodes += [Described(Node("Dataset", text), at, "", text, text)]
        nodes += [Described(step, at, text, text, text)]
        mine = Node("Dataset", text, "", text)
        columns[Node("Dataset", text)] = (Described(mine, at, text, text, "", text),)
        columns[step] = (Described(step._replace(column=text), at),)
        edges.append(Edge(Node("Dataset", text), step, spec, ("metadata",)))
        traces += [Edge(mine, step._replace(column=text), spec, ("metadata",))]
        traces += [Edge(mine, step, spec, ("metadata",))]
    facts = {told.node: (Fact(HOSTILE[0], HOSTILE[1], "good"),) for told in nodes}
    group = Described(Node("Pipeline", "p"), Span("specs/p.yaml"), "", HOSTILE[0])
    ends = (tuple(edges), columns, tuple(traces))
    return Picture(HOSTILE[0], (group,), tuple(nodes), *ends, HOSTILE[1], facts)


@pytest.mark.parametrize("columns", [False, True], ids=["plain", "columns"])
@pytest.mark.parametrize("form", ["mermaid", "dot", "json", "openlineage"])
def test_an_example(drawn: Picture, form: Format, columns: bool) -> None:
    text = text_of(drawn, form, columns)
    path = HERE / f"diabetes{'-columns' if columns else ''}.{form}"
    if form == "openlineage" and columns:
        assert text == text_of(drawn, form), "events always have the columns"
        return
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@pytest.fixture(scope="module")
def flow() -> Picture:
    found = mapped(HERE / "flow")
    assert isinstance(found, Mapped)
    return picture(found.project, found.graphs, found.lineage)


@pytest.mark.parametrize("form", ["mermaid", "dot", "json"])
def test_groups_loops_and_choices_are_boxes_in_boxes(flow: Picture, form: Format) -> None:
    text = text_of(flow, form)
    path = HERE / f"flow.{form}"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
    told = {box.told.node.step: (box.told.what, box.inside.step) for box in flow.boxes}
    assert told == {
        "checks": ("if parameters.careful", ""),
        "each-half": ("for each half of a list", "checks"),
        "sweep": ("for each depth of parameters.depths", ""),
        "tell": ("choose", ""),
        "tell-1": ("if parameters.careful", "tell"),
        "tell-2": ("else", "tell"),
    }
    within = {step.step: box.step for step, box in flow.within.items()}
    assert within["look"] == "each-half" and within["quiet"] == "tell-2"
    assert not {"load", "finally"} & set(within)


def test_a_part_has_the_boxes_around_it_alone() -> None:
    found = mapped(HERE / "flow")
    assert isinstance(found, Mapped)
    part = picture(found.project, found.graphs, found.lineage, [Ref("Dataset", "flowers")])
    assert {box.told.node.step for box in part.boxes} == {"checks", "sweep"}


def test_every_kind_is_drawn() -> None:
    """A kind needs no entry in any list here: what isn't in one looks like any other box."""
    specs = []
    for kind in KINDS:
        head = (
            f"apiVersion: exai.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: some}}\nspec: {{}}\n"
        )
        (document,), _ = read(head, f"{kind}.yaml")
        metadata = Metadata(name="some")
        body = ProjectSpec() if kind == "Project" else object()
        specs.append(Spec(Ref(kind, "some"), metadata, body, document))
    project = link(specs)
    assert project is not None
    shown = picture(project, {}, lineage(project, {}))
    configuration = ("Project", "Overlay")  # which render nothing by themselves
    wanted = {Node(kind, "some") for kind in KINDS if kind not in configuration}
    assert {told.node for told in shown.nodes} == wanted
    for form in FORMATS:
        text = text_of(shown, form)
        for node in wanted:
            assert (identifier(node) if form in ("mermaid", "dot") else node.kind) in text


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_bytes_each_time_and_nothing_that_a_terminal_obeys(
    clinic: Mapped, drawn: Picture, hostile: Picture, form: Format
) -> None:
    again = picture(clinic.project, clinic.graphs, clinic.lineage)
    for columns in (False, True):
        assert text_of(again, form, columns) == text_of(drawn, form, columns)
        text = text_of(hostile, form, columns)
        assert "\n".join(map(printable, text.split("\n"))) == text
    if form == "html":
        assert "\\u202e" not in text, "the script would set it as text"


def test_a_part_has_what_is_above_and_below(clinic: Mapped) -> None:
    part = picture(clinic.project, clinic.graphs, clinic.lineage, [Ref("FeatureView", "body")])
    names = {str(told.node) for told in part.nodes}
    assert {"Dataset/measurements", "Entity/patient", "Service/diabetes"} <= names
    assert "Dataset/blood" not in names
    assert "Pipeline/diabetes-training#load" not in names
    assert [str(group.node) for group in part.groups] == ["Pipeline/diabetes-training"]


def test_ids_are_those_of_the_whole_in_a_part(clinic: Mapped, drawn: Picture) -> None:
    part = picture(clinic.project, clinic.graphs, clinic.lineage, [Ref("Entity", "patient")])
    whole = mermaid(drawn, True)
    for told in part.nodes:
        assert identifier(told.node) in whole
    assert identifier(Node("Model", "a_b")) != identifier(Node("Model", "a-b"))
    assert re.fullmatch(r"\w+", identifier(Node("Model", HOSTILE[0])), re.ASCII)


# A Mermaid line: nothing but ids, arrows, boxes, and labels of harmless characters.
_LABEL = r'"(?:[\w _\-./:@,()+=]|#\d+;|<br/>)*"'
_MERMAID = re.compile(
    rf"flowchart LR|  +end|  \w+ --> \w+|  +subgraph \w+\[{_LABEL}\]"
    rf"|  +\w+(?:\{{|\[\(|\[/|\[\[|\{{\{{|\(\[|\[|>){_LABEL}(?:\)\]|/\]|\]\]|\}}\}}|\}}|\]\)|\])"
)


@pytest.mark.parametrize("columns", [False, True])
def test_mermaid_has_no_syntax_of_the_specs(
    hostile: Picture, drawn: Picture, columns: bool
) -> None:
    for shown in (hostile, drawn):
        for line in mermaid(shown, columns).splitlines():
            assert _MERMAID.fullmatch(line), line
    assert "ärger 花" in mermaid(hostile, columns)


_DOT = re.compile(r'"(?:[^"\\]|\\[\\"n])*"|<<table.*?</table>>|[\w:]+|->|[{}\[\];=,]|\s+')


SEARCH = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: search}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: flowers}
spec: {source: {csv: {path: a.csv}}, schema: {size: float64, species: string}}
---
apiVersion: exai.dev/v1alpha1
kind: Tuning
metadata: {name: search}
spec:
  objective: {metric: accuracy, type: maximize}
  algorithm: {name: random}
  parameters: {c: {type: double, min: 0.1, max: 1}}
  trials: {max: 3}
  trial:
    uses: train-sklearn
    with:
      data: flowers
      estimator: LogisticRegression
      target: species
      features: [size]
      parameters: {C: "${{ trial.c }}"}
      folds: 3
"""


def test_edges_have_ends_that_are_drawn(tmp_path: Path, drawn: Picture, flow: Picture) -> None:
    (tmp_path / "exai.yaml").write_text(SEARCH)
    found = mapped(tmp_path)
    assert isinstance(found, Mapped)
    search = picture(found.project, found.graphs, found.lineage)
    assert {str(e.target) for e in search.traces} == {"Tuning/search#trial"}
    for shown in (search, drawn, flow):
        nodes = {told.node for told in shown.nodes}
        for edge in (*shown.edges, *shown.traces):
            assert {edge.source._replace(column=""), edge.target._replace(column="")} <= nodes
    jobs = {event["job"]["name"] for event in events(search) if "job" in event}
    assert jobs == {"Tuning/search.trial"}


@pytest.mark.parametrize("columns", [False, True])
def test_dot_has_no_syntax_of_the_specs(hostile: Picture, drawn: Picture, columns: bool) -> None:
    for shown in (hostile, drawn):
        text = dot(shown, columns)
        found = list(_DOT.finditer(text))
        assert "".join(match.group() for match in found) == text, "tokens, and nothing between"
        words = {m.group() for m in found if re.fullmatch(r"[a-z]+", m.group())}
        known = "digraph rankdir node fontname shape box label tooltip subgraph plain cylinder"
        assert words <= set(known.split()) | {
            "diamond",
            "box3d",
            "parallelogram",
            "component",
            "hexagon",
            "ellipse",
            "cds",
        }
        tables = [m.group()[1:-1] for m in found if m.group().startswith("<<")]
        assert bool(tables) == columns
        for table in tables:
            tags = {each.tag for each in XML.fromstring(table).iter()}  # noqa: S314 - our own text
            assert tags <= {"table", "tr", "td", "br"}


class Page(HTMLParser):
    """Every element with its attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.raw.append((tag, ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            tag, so_far = self.raw[-1]
            self.raw[-1] = (tag, so_far + data)


def test_a_page_holds_its_own_script_and_no_other(hostile: Picture, drawn: Picture) -> None:
    for shown in (hostile, drawn):
        found = Page(page(shown, True, ""))
        assert [tag for tag, _ in found.raw] == ["style", "script", "script"]
        style, data, script = (text for _, text in found.raw)
        policy = next(a["content"] for t, a in found.tags if a.get("http-equiv"))
        assert policy is not None
        for text in (style, script):
            digest = b64encode(sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy
        assert policy.startswith("default-src 'none';") and "unsafe" not in policy
        told = json.loads(data)
        assert told["project"] == shown.project
        said = [told.description.replace("\u202e", "") for told in shown.nodes]
        assert [node["d"] for node in told["nodes"]] == said
        assert {"src", "onload", "onclick", "href", "style"}.isdisjoint(
            name for _, attributes in found.tags for name in attributes
        )
        assert "http" not in script.replace("http://www.w3.org/2000/svg", "")
        assert "innerHTML" not in script and "eval(" not in script and "url(" not in style


def test_json_is_as_its_schema_says(hostile: Picture, drawn: Picture) -> None:
    common = json.loads((SCHEMAS / "common.json").read_text("utf-8"))
    registry = Registry().with_resource(common["$id"], Resource.from_contents(common))
    schema = json.loads((SCHEMAS / "graph-json.json").read_text("utf-8"))
    for shown in (hostile, drawn):
        for columns in (False, True):
            found = json.loads(as_json(shown, columns))
            Draft202012Validator(schema, registry=registry).validate(found)
            nodes = {node["node"] for node in found["nodes"]}
            assert {e[end] for e in found["edges"] for end in ("source", "target")} <= nodes


def events(drawn: Picture) -> Iterator[dict[str, Any]]:
    for line in openlineage(drawn, TIME, in_clinic()).splitlines():
        yield json.loads(line)


# openlineage.io/spec/2-0-2: what each event and facet has; each with all that it must have.
_KEYS: Mapping[str, tuple[set[str], set[str]]] = {
    "JobEvent": ({"job", "eventTime", "producer", "schemaURL"}, {"inputs", "outputs"}),
    "DatasetEvent": ({"dataset", "eventTime", "producer", "schemaURL"}, set()),
    "SchemaDatasetFacet": ({"fields"}, set()),
    "ColumnLineageDatasetFacet": ({"fields"}, {"dataset"}),
    "DatasetTypeDatasetFacet": ({"datasetType"}, {"subType"}),
    "DocumentationDatasetFacet": ({"description"}, {"contentType"}),
    "DocumentationJobFacet": ({"description"}, {"contentType"}),
    "OwnershipDatasetFacet": (set(), {"owners"}),
    "OwnershipJobFacet": (set(), {"owners"}),
    "JobTypeJobFacet": ({"processingType", "integration"}, {"jobType"}),
    "RunEvent": (
        {"run", "job", "eventTime", "producer", "schemaURL"},
        {"eventType", "inputs", "outputs"},
    ),
    "DatasetVersionDatasetFacet": ({"datasetVersion"}, set()),
    "ErrorMessageRunFacet": ({"message", "programmingLanguage"}, {"stackTrace"}),
}


def keys_fit(name: str, keys: set[str]) -> bool:
    must, may = _KEYS[name]
    return must <= keys <= must | may


def test_events_have_the_shape_of_the_specification(hostile: Picture, drawn: Picture) -> None:
    for shown in (hostile, drawn):
        for event in events(shown):
            url, _, name = event["schemaURL"].rpartition("/")
            assert url == "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs"
            assert keys_fit(name, set(event)) and event["eventTime"] == TIME
            whole = [event.get("job"), event.get("dataset")]
            for part in [*filter(None, whole), *event.get("inputs", ()), *event.get("outputs", ())]:
                assert set(part) == {"namespace", "name", "facets"}
                for facet in part["facets"].values():
                    assert facet["_producer"] == event["producer"]
                    assert re.fullmatch(
                        r"https://openlineage\.io/spec/facets/\d-\d-\d/(\w+)\.json#/\$defs/\1",
                        facet["_schemaURL"],
                    )
                    kind = facet["_schemaURL"].rpartition("/")[2]
                    assert keys_fit(kind, set(facet) - {"_producer", "_schemaURL"})


def test_events_tell_the_lineage_of_a_column(drawn: Picture) -> None:
    found = list(events(drawn))
    jobs = {event["job"]["name"]: event for event in found if "job" in event}
    made = {o["name"] for event in jobs.values() for o in event["outputs"]}
    sources = {event["dataset"]["name"] for event in found if "dataset" in event}
    assert not made & sources
    used = {i["name"] for event in jobs.values() for i in event["inputs"]}
    assert used <= made | sources
    register = jobs["diabetes-training.register"]["outputs"]
    assert [output["name"] for output in register][1:] == ["Model/diabetes_model"]
    fields = register[1]["facets"]["columnLineage"]["fields"]
    assert [f["name"] for f in fields["age"]["inputFields"]] == ["Pipeline/diabetes-training#train"]
    ratios = jobs["FeatureView/ratios"]["outputs"][0]["facets"]
    into = ratios["columnLineage"]["fields"]["tc_to_hdl"]["inputFields"]
    assert [f["field"] for f in into] == ["tc", "hdl", "ltg", "glu"]
    # What rows are joined by is no part of the value: the specification's INDIRECT, JOIN.
    body = jobs["FeatureView/body"]["outputs"][0]["facets"]["columnLineage"]
    ways = {f["field"]: f["transformations"] for f in body["fields"]["bmi"]["inputFields"]}
    assert ways == {
        "bmi": [{"type": "DIRECT", "subtype": "IDENTITY"}],
        "patient_id": [{"type": "INDIRECT", "subtype": "JOIN"}],
        "measured_at": [{"type": "INDIRECT", "subtype": "JOIN"}],
    }
    assert {t["subtype"] for f in body["dataset"] for t in f["transformations"]} == {"JOIN"}
    computed = {f["field"]: f["transformations"][0]["subtype"] for f in into}
    assert set(computed.values()) == {"TRANSFORMATION"}
    # The target isn't a feature: it has a say in the whole model.
    train = jobs["diabetes-training.train"]["outputs"][0]["facets"]["columnLineage"]
    assert [f["field"] for f in train["dataset"]] == ["progression"]
    assert thaw(jobs["Service/diabetes"]["job"]["facets"]["jobType"]["processingType"]) == "SERVICE"


VERDICT = Verdict(
    "diabetes_model",
    4,
    "gates",
    True,
    (GateResult("rmse", "max", True, 54.2, 60.0),),
)
MADE = Registered("diabetes_model", 4, MappingProxyType({"rmse": 54.2}), VERDICT, ("champion",))
SUCCEEDED = RunRecord(
    key="0f3c5d41",
    pipeline="diabetes-training",
    state="succeeded",
    version="diabetes-training-abc",
    started=1_795_161_600.25,
    finished=1_795_161_612.5,
    parameters=MappingProxyType({"ntrees": 20}),
    data=MappingProxyType({"measurements": "sha256-1", "outcomes": ""}),
    seconds=MappingProxyType({"load": 1.5, "train": 9.25}),
    models=(MADE,),
    commit="c0ffee",
    branch="main",
)
RUNS = (
    replace(SUCCEEDED, key="running", state="running", finished=0.0, models=()),
    SUCCEEDED,
    replace(
        SUCCEEDED, key="failed", state="failed", step="train", detail=HOSTILE[0], models=(), data={}
    ),
    replace(SUCCEEDED, key="stopped", state="stopped", finished=0.0, models=()),
    replace(SUCCEEDED, key="nobody-knows", started=0.0, finished=0.0),
)


def told_of_runs() -> list[dict[str, Any]]:
    return [json.loads(line) for line in run_events("clinic", "local", RUNS).splitlines()]


def test_runs_as_events() -> None:
    text = run_events("clinic", "local", RUNS)
    path = HERE / "runs.openlineage"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
    assert run_events("clinic", "local", reversed(RUNS)) == text
    assert printable(text.replace("\n", "")) == text.replace("\n", "")


def test_a_run_starts_once_and_ends_once() -> None:
    """As the specification asks: a START, and one of COMPLETE, ABORT, FAIL once it has ended."""
    by_run: dict[str, list[str]] = {}
    keys = {}
    for event in told_of_runs():
        id_ = event["run"]["runId"]
        assert str(UUID(id_)) == id_
        by_run.setdefault(id_, []).append(event["eventType"])
        keys[id_] = event["run"]["facets"]["exai_run"]["key"]
    assert {keys[id_]: kinds for id_, kinds in by_run.items()} == {
        "0f3c5d41": ["START", "COMPLETE"],
        "failed": ["START", "FAIL"],
        "running": ["START"],
        "stopped": ["START", "ABORT"],
    }
    elsewhere = run_events("clinic", "prod", RUNS)
    assert not any(id_ in elsewhere for id_ in by_run)


def test_events_of_runs_have_the_shape_of_the_specification() -> None:
    for event in told_of_runs():
        url, _, name = event["schemaURL"].rpartition("/")
        assert url == "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs"
        assert name == "RunEvent" and keys_fit(name, set(event))
        datetime.fromisoformat(event["eventTime"])
        assert set(event["run"]) == {"runId", "facets"}
        parts = [event["job"], *event["inputs"], *event["outputs"]]
        assert all(set(part) == {"namespace", "name", "facets"} for part in parts)
        for part in [event["run"], *parts]:
            for key, facet in part["facets"].items():
                assert facet["_producer"] == event["producer"]
                kind = facet["_schemaURL"].rpartition("/")[2]
                own = facet["_schemaURL"].startswith("https://exai.dev/")
                # A custom facet's name begins with its project's.
                assert own == key.startswith("exai_")
                if not own:
                    assert keys_fit(kind, set(facet) - {"_producer", "_schemaURL"})


def test_a_run_tells_what_it_read_and_made() -> None:
    (end,) = [event for event in told_of_runs() if event["eventType"] == "COMPLETE"]
    versions = {i["name"]: i["facets"].get("version") for i in end["inputs"]}
    assert versions["Dataset/measurements"]["datasetVersion"] == "sha256-1"
    assert versions["Dataset/outcomes"] is None
    (made,) = end["outputs"]
    assert made["name"] == "Model/diabetes_model"
    assert made["facets"]["version"]["datasetVersion"] == "4"
    assert made["facets"]["exai_model"]["metrics"] == {"rmse": 54.2}
    assert made["facets"]["exai_model"]["verdict"]["passed"] is True
    assert end["job"]["name"] == "diabetes-training"
    (failed,) = [event for event in told_of_runs() if event["eventType"] == "FAIL"]
    assert failed["run"]["facets"]["errorMessage"]["message"] == HOSTILE[0]
    assert failed["run"]["facets"]["exai_run"]["failedStep"] == "train"
