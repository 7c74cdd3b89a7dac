"""Places in files are as people open them from where they are; machines get the project's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
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


@pytest.mark.parametrize(
    ("make", "message", "hint"),
    [
        (lambda path: path.mkdir(), "exai.yaml is a folder, not a file", "the file itself"),
        (os.mkfifo, "exai.yaml is a named pipe, not a file", "the file itself"),
        (lambda path: path.symlink_to("/dev/null"), "exai.yaml is a device", "the file itself"),
        (lambda path: path.symlink_to("gone"), "a link that leads nowhere", "the file itself"),
    ],
    ids=["folder", "pipe", "device", "link"],
)
def test_what_stands_in_the_place_of_the_file_is_named(
    tmp_path: Path,
    make: Callable[[Path], None],
    message: str,
    hint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make(tmp_path / "exai.yaml")
    (tmp_path / "specs").mkdir()
    assert main.run(["validate", "-C", str(tmp_path / "specs")]) == 1
    said = capsys.readouterr().err
    assert message in said and "../exai.yaml" in said and hint in said


@pytest.mark.parametrize("name", ["exai.yml", "Exai.yaml"])
def test_a_file_of_nearly_that_name_is_meant(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(PROJECT)
    assert main.run(["validate", "-C", str(tmp_path)]) == 1
    assert f"mv {name} exai.yaml" in capsys.readouterr().err
    (tmp_path / "specs").mkdir()
    assert main.run(["validate", "-C", str(tmp_path / "specs")]) == 1
    assert f"mv ../{name} ../exai.yaml" in capsys.readouterr().err


def test_another_environment_was_meant(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = "environments: {prod: {target: local}}"
    (root / "exai.yaml").write_text(PROJECT.partition("---")[0].replace("{}", f"{{{spec}}}"))
    assert main.run(["plan", "-C", str(root), "-e", "prd"]) == 1
    assert 'did you mean "prod"? declared here: local, prod' in capsys.readouterr().err


def test_nothing_is_pointed_at_on_a_line_that_is_not_shown(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = f"a: {'{a: ' * 6000}1{'}' * 6000}\n"
    (root / "specs" / "deep.yaml").write_text(deep)
    assert main.run(["validate", "-C", str(root)]) == 1
    said = "".join(capsys.readouterr())
    assert "too-deep" in said and "***" not in said
