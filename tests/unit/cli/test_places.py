"""Places in files are as people open them from where they are; machines get the project's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exai_runtime.cli import main

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: web}
spec: {model: {uri: "s3://m/x", format: sklearn}, transformer: {model: nothing}}
"""
PLACE = "exai.yaml:9:72"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "ml" / "shop"
    (folder / "specs" / "deep").mkdir(parents=True)
    (folder / "exai.yaml").write_text(PROJECT)
    return folder


@pytest.mark.parametrize(
    ("here", "words", "way"),
    [
        ("ml/shop", [], ""),
        ("ml/shop", ["-C", "."], ""),
        ("ml/shop/specs/deep", [], "../../"),
        ("ml", ["-C", "shop"], "shop/"),
        ("ml", ["-C", "shop/"], "shop/"),
        ("", ["-C", "ml/shop"], "ml/shop/"),
        ("ml/shop/specs", ["-C", ".."], "../"),
    ],
)
def test_a_place_is_relative_to_where_people_are(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    here: str,
    words: list[str],
    way: str,
) -> None:
    monkeypatch.chdir(tmp_path / here)
    assert main.run([*words, "validate"]) == 1
    out = capsys.readouterr().out
    assert f"--> {way}{PLACE}\n" in out
    assert "transformer: {model: nothing}" in out, "the excerpt stays"
    assert (tmp_path / here / f"{way}exai.yaml").resolve() == root / "exai.yaml"


def test_an_absolute_folder_gives_absolute_places(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir("/")
    assert main.run(["-C", str(root), "plan"]) == 1
    assert f"--> {root}/{PLACE}\n" in capsys.readouterr().err


def test_machines_get_the_project_s_own(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root / "specs")
    assert main.run(["validate", "--output", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["diagnostics"]
    assert {each["at"]["path"] for each in found} == {"exai.yaml"}


def test_an_example_is_of_no_project(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root / "specs")
    assert main.run(["explain", "unknown-reference"]) == 0
    assert "../" not in capsys.readouterr().out
