"""`exai schema` and what `exai init` writes for editors: one file that knows every field."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from exai_runtime.editor_schema import FILE, comment, schema
from exai_specs.documents import read
from exai_specs.frozen import thaw

Run = Callable[..., Any]
SCHEMA = schema()
WHOLE = Draft202012Validator(SCHEMA)


def test_it_is_printed(exai: Run) -> None:
    done = exai("schema")
    assert (done.code, json.loads(done.out)) == (0, SCHEMA)


def test_it_follows_no_file_beside_it() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    text = json.dumps(SCHEMA)
    found = {part.partition('"')[0] for part in text.split('"$ref": "')[1:]}
    assert found and all(reference.startswith("#/$defs/") for reference in found)
    assert {reference.removeprefix("#/$defs/") for reference in found} <= set(SCHEMA["$defs"])


@pytest.mark.parametrize("template", ["iris", "empty"])
def test_what_init_writes_points_at_it_and_is_valid(
    exai: Run, tmp_path: Path, template: str
) -> None:
    assert exai("init", str(tmp_path / "shop"), "--template", template).code == 0
    folder = tmp_path / "shop"
    assert json.loads((folder / FILE).read_text("utf-8")) == SCHEMA
    specs = sorted(folder.rglob("*.yaml"))
    assert specs
    for spec in specs:
        first = spec.read_text("utf-8").partition("\n")[0]
        path = first.removeprefix("# yaml-language-server: $schema=")
        assert (spec.parent / path).resolve() == (folder / FILE).resolve()
        for document in read(spec.read_bytes(), spec.name)[0]:
            assert [each.message for each in WHOLE.iter_errors(thaw(document.value))] == []


def test_it_is_written_anew(exai: Run, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("old", "utf-8")
    done = exai("schema", "--write", "-C", str(tmp_path))
    assert (done.code, done.out) == (0, f"{tmp_path / FILE}\n")
    assert json.loads((tmp_path / FILE).read_text("utf-8")) == SCHEMA
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


def test_no_link_leads_it_out_of_the_project(exai: Run, tmp_path: Path) -> None:
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.write_text("mine", "utf-8")
    project.mkdir()
    for name in (FILE, f".{FILE}.new"):
        (project / name).symlink_to(outside)
    assert exai("schema", "--write", "-C", str(project)).code == 0
    assert outside.read_text("utf-8") == "mine"
    assert not (project / FILE).is_symlink()


def test_a_wrong_field_is_seen() -> None:
    document = {
        "apiVersion": "exai.dev/v1alpha1",
        "kind": "Service",
        "metadata": {"name": "iris"},
        "spec": {"model": "iris@champion", "replica": {"min": 1}},
    }
    assert [each.message for each in WHOLE.iter_errors(document)]


def test_the_path_from_a_folder() -> None:
    assert comment("exai.yaml") == f"# yaml-language-server: $schema={FILE}\n"
    assert comment("specs/a/b.yaml") == f"# yaml-language-server: $schema=../../{FILE}\n"
