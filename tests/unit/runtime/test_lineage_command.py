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
