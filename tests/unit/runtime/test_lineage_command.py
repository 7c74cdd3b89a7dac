"""`exai lineage`: nodes as people write them, ways, depth, places, what is no node."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from exai_runtime.cli import main

EXAMPLE = Path(__file__).parents[3] / "examples/diabetes"


@pytest.fixture(autouse=True)
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tmp_path / "clinic"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".exai", "data"))
    monkeypatch.chdir(root)
    yield root
    assert not (root / ".exai").exists(), "a lineage writes nothing"


def lineage(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main.run(["lineage", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_both_ways_with_the_place_of_each_edge(
    clinic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = lineage(capsys, "Model/diabetes_model")
    assert (code, err) == (0, "")
    assert "└─ Pipeline/diabetes-training#register" in out
    assert "\n   ├─ #train " in out
    where = next(line for line in out.splitlines() if "─ Service/" in line).split()[-1]
    path, _, number = where.rpartition(":")
    assert (clinic / path).read_text().splitlines()[int(number) - 1].strip().startswith("model:")


def test_up_down_and_depth(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = lineage(capsys, "Model/diabetes_model", "--up", "--depth", "1")
    assert "leads to" not in out
    assert "#register" in out and "train " not in out
    _, out, _ = lineage(capsys, "Model/diabetes_model", "--down")
    assert "comes from" not in out and "Service/diabetes" in out
    both = lineage(capsys, "Model/diabetes_model", "--up", "--down")
    assert both == lineage(capsys, "Model/diabetes_model")
    assert lineage(capsys, "Model/diabetes_model", "--depth", "0")[0] == 2


def test_columns(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = lineage(capsys, "Dataset/blood:tc", "--down")
    assert "float64 in mg/dl · Total cholesterol" in out
    assert "└─ FeatureView/ratios:tc_to_hdl" in out
    _, out, _ = lineage(capsys, "Dataset/blood", "--columns", "--down")
    assert "FeatureView/serum: tc, hdl, ltg, glu " in out


def test_json_has_every_edge_with_its_field(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = lineage(capsys, "service/diabetes", "--up", "--output", "json")
    found = json.loads(out)["result"]
    assert found["node"] == "Service/diabetes"
    assert found["nodes"][0]["distance"] == 0
    served = [edge for edge in found["edges"] if edge["target"] == "Service/diabetes"]
    assert [edge["path"] for edge in served] == [["spec", "features"], ["spec", "model"]]
    nodes = {node["node"] for node in found["nodes"]}
    assert {end for edge in found["edges"] for end in (edge["source"], edge["target"])} <= nodes


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("File/specs/ratios.py", 'did you mean "FeatureView/ratios"?'),
        ("specs/ratios.py", "a file is no node, what names it is: write Kind/name"),
        ("specs/service.yaml", 'did you mean "Service/diabetes"?'),
        ("File/nothing.py", "a file is no node"),
        ("diabetes_model", "write Kind/name, Kind/name#step, Kind/name:column"),
        ("diabetes_model", 'did you mean "Model/diabetes_model"?'),
        ("Model/diabetes_modle", 'did you mean "Model/diabetes_model"?'),
        ("Pipeline/diabetes-training#trian", 'did you mean "Pipeline/diabetes-training#train"?'),
        ("Dataset/blood:tcc", 'did you mean "Dataset/blood:tc"?'),
        ("Pipeline/diabetes-training#split:aeg", '"Pipeline/diabetes-training#split:age"'),
        ("Dataset/blood#step", "Dataset/blood"),
        ("", "write Kind/name"),
    ],
)
def test_what_is_no_node(capsys: pytest.CaptureFixture[str], word: str, hint: str) -> None:
    code, out, err = lineage(capsys, word)
    assert (code, out) == (1, "")
    assert "error[unknown-node]" in err and hint in err


def test_specs_with_errors_have_no_lineage(
    clinic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (clinic / "specs/model.yaml").unlink()
    code, out, err = lineage(capsys, "Service/diabetes")
    assert (code, out) == (1, "")
    assert "error[unknown-reference]" in err


FLOW = Path(__file__).parents[2] / "golden/graph/flow/exai.yaml"
OVERLAY = """---
apiVersion: exai.dev/v1alpha1
kind: Overlay
metadata: {name: flowers-prod}
spec:
  environment: prod
  target: Dataset/flowers
  patch: {metadata: {description: All flowers}}
"""


@pytest.fixture
def flow(clinic: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = clinic.parent / "flow"
    root.mkdir()
    (root / "exai.yaml").write_text(FLOW.read_text() + OVERLAY)
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize(
    ("word", "told", "edges"),
    [
        ("sweep", "for each depth of parameters.depths", ["#load", "Dataset/flowers"]),
        ("checks", "if parameters.careful", ["Dataset/flowers", "#load", "Dataset/flowers"]),
        ("tell", "choose", []),
        ("tell-1", "if parameters.careful", []),
        ("finally", "example.com/x@", []),
    ],
)
def test_a_group_stands_for_the_steps_in_it(
    flow: Path, capsys: pytest.CaptureFixture[str], word: str, told: str, edges: list[str]
) -> None:
    code, out, _ = lineage(capsys, f"Pipeline/flower-training#{word}", "--up")
    assert code == 0
    head, what, *tree = out.splitlines()
    at = int(head.rpartition(":")[2])
    line = (flow / "exai.yaml").read_text().splitlines()[at - 1].strip()
    assert line.startswith(("- if", word))
    assert what.startswith(told)
    assert [line.split()[-2] for line in tree if "─ " in line] == edges


@pytest.mark.usefixtures("flow")
def test_a_column_of_a_group_is_that_of_its_steps(capsys: pytest.CaptureFixture[str]) -> None:
    name = "Pipeline/flower-training#sweep:petal_width"
    _, out, _ = lineage(capsys, name, "--up")
    assert "─ #load:petal_width" in out and "─ Dataset/flowers:petal_width" in out
    _, out, _ = lineage(capsys, "Pipeline/flower-training#sweep", "--output", "json")
    found = json.loads(out)["result"]
    assert found["node"] == "Pipeline/flower-training#sweep"
    starts = [node["node"] for node in found["nodes"] if node["direction"] == "start"]
    assert starts == ["Pipeline/flower-training#train"]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("Overlay/flowers-prod", "`exai lineage Dataset/flowers -e prod` shows"),
        ("flowers-prod", "Overlay/flowers-prod says how Dataset/flowers is in `prod`"),
        ("Overlay/flower-prod", "`exai lineage Dataset/flowers -e prod` shows"),
        ("prod", "`prod` is an environment: `exai lineage Dataset/flowers -e prod`"),
        ("Environment/prod", "`prod` is an environment"),
        ("local", "`local` is an environment"),
        ("Pipeline/flower-training#swep", 'did you mean "Pipeline/flower-training#sweep"?'),
        ("Pipeline/flower-training#sweep:petal", "#sweep:petal_width"),
        (
            "Pipeline/flower-training#sweep:petal_wdith",
            '"Pipeline/flower-training#sweep:petal_width"?',
        ),
        (
            "Pipeline/flower-training#swep:petal_wdith",
            '"Pipeline/flower-training#sweep:petal_width"?',
        ),
        (
            "Pipeline/flowr-training#swep:petal_width",
            '"Pipeline/flower-training#sweep:petal_width"?',
        ),
        ("flower-training#sweep:petal_width", '"Pipeline/flower-training#sweep:petal_width"?'),
        ("flower-training#swep:petal_wdith", '"Pipeline/flower-training#sweep:petal_width"?'),
        ("Pipeline/flower-training:sweep", 'did you mean "Pipeline/flower-training#sweep"?'),
        ("Pipeline/flower-training:petal_width", "#load:petal_width"),
        ("Dataset/flowers#species", 'did you mean "Dataset/flowers:species"?'),
        ("Dataset/flowers:xyz", "known here: Dataset/flowers:"),
        ("Pipelin/flower-training#sweep", 'did you mean "Pipeline/flower-training#sweep"?'),
        ("Dataset/flower:species", 'did you mean "Dataset/flowers:species"?'),
        ("Model/flowers", 'did you mean "Dataset/flowers"?'),
        ("flower-training#sweep", 'did you mean "Pipeline/flower-training#sweep"?'),
        ("flower", 'did you mean "Dataset/flowers"?'),
        ("train", 'did you mean "Pipeline/flower-training#train"?'),
        ("species", 'did you mean "Dataset/flowers:species"?'),
    ],
)
@pytest.mark.usefixtures("flow")
def test_what_was_probably_meant(capsys: pytest.CaptureFixture[str], word: str, hint: str) -> None:
    code, out, err = lineage(capsys, word)
    assert (code, out) == (1, "")
    assert "error[unknown-node]" in err and hint in err


@pytest.mark.usefixtures("flow")
def test_the_hint_for_an_environment_can_be_followed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = lineage(capsys, "Dataset/flowers", "-e", "prod")
    assert code == 0 and "All flowers" in out


CALLS = """apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: flowers}
spec: {source: {csv: {path: flowers.csv}}, schema: {width: float64}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: inner}
spec:
  run: {on: []}
  steps:
    load: {uses: load-dataset, with: {dataset: flowers}}
    look: {uses: ./look/component.yaml, with: {data: "${{ steps.load.data }}"}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: outer}
spec: {run: {on: []}, steps: {call: {pipeline: inner}}}
"""
LOOK = """name: look
inputs: [{name: data, type: Dataset}]
implementation:
  container: {image: example.com/look:1, args: [{inputPath: data}]}
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "exai.yaml").write_text(CALLS)
    (tmp_path / "flowers.csv").write_text("width\n1\n")
    (tmp_path / "look").mkdir()
    (tmp_path / "look/component.yaml").write_text(LOOK)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("args", "tree"),
    [
        (
            ("Pipeline/outer#call", "--up"),
            ["Pipeline/inner#look", "#load", "Dataset/flowers"],
        ),
        (("Pipeline/outer", "--up"), ["Pipeline/inner", "Dataset/flowers"]),
        (("Pipeline/inner", "--down"), ["Pipeline/outer#call"]),
        (
            ("Dataset/flowers", "--down"),
            ["Pipeline/inner#load", "#look", "Pipeline/outer#call"],
        ),
    ],
)
@pytest.mark.usefixtures("calls")
def test_a_pipeline_that_gives_nothing_leads_to_its_call(
    capsys: pytest.CaptureFixture[str], args: tuple[str, ...], tree: list[str]
) -> None:
    code, out, err = lineage(capsys, *args)
    assert code == 0, err
    assert [line.split()[-2] for line in out.splitlines() if "─ " in line] == tree


@pytest.mark.usefixtures("calls")
def test_the_file_of_a_component_is_no_node(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = lineage(capsys, "look/component.yaml")
    assert code == 1
    assert 'did you mean "Pipeline/inner#look"?' in err
