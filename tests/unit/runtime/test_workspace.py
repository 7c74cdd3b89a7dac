"""Reading a project's folder: which files, in which order, and what is said of the unreadable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exai_runtime import editor_schema
from exai_runtime.folder import find_root
from exai_runtime.workspace import component_catalog, load

PROJECT = "apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: p}\nspec: {}\n"
MODEL = (
    "apiVersion: exai.dev/v1alpha1\nkind: Model\nmetadata: {{name: {}}}\n"
    "spec: {{task: regression}}\n"
)
HEAD = '"apiVersion": "exai.dev/v1alpha1", "kind": "Model"'


def project(root: Path, text: str = PROJECT) -> Path:
    (root / "specs").mkdir(parents=True)
    (root / "exai.yaml").write_text(text)
    return root


def told(root: Path) -> list[str]:
    return [f"{d.code} {d.at}" for d in load(root).diagnostics]


def test_the_nearest_project_upwards(tmp_path: Path) -> None:
    root = project(tmp_path / "a")
    (root / "specs" / "deep").mkdir()
    assert find_root(root / "specs" / "deep") == root
    assert find_root(tmp_path) is None
    assert find_root(tmp_path / ("a" * 300)) is None, "nor where the system says that none can be"


def test_documents_may_stand_in_the_root_file_and_in_any_file_below(tmp_path: Path) -> None:
    root = project(tmp_path, PROJECT + "---\n" + MODEL.format("one"))
    (root / "specs" / "deep").mkdir()
    (root / "specs" / "deep" / "b.yml").write_text(MODEL.format("two"))
    (root / "specs" / ".hidden.yaml").write_text("]")
    (root / "specs" / "notes.txt").write_text("]")
    loaded = load(root)
    assert loaded.diagnostics == ()
    assert loaded.project is not None
    assert [str(ref) for ref in loaded.project.specs] == ["Model/one", "Model/two", "Project/p"]
    assert sorted(loaded.sources) == ["exai.yaml", "specs/deep/b.yml"]


def test_the_order_of_files_never_matters(tmp_path: Path) -> None:
    one, two = project(tmp_path / "1"), project(tmp_path / "2")
    for root, names in ((one, "ab"), (two, "ba")):
        for file, name in zip("ab", names, strict=True):
            (root / "specs" / f"{file}.yaml").write_text(MODEL.format(name))
    first, second = load(one).project, load(two).project
    assert first is not None
    assert second is not None
    assert list(first.specs) == list(second.specs)


def test_every_file_is_read_whatever_is_wrong_with_another(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "specs" / "a.yaml").write_bytes(b"\xff\xfe\x00binary")
    (root / "specs" / "b.yaml").write_text("kind: [")
    (root / "specs" / "c.yaml").write_text(MODEL.format("fine"))
    loaded = load(root)
    assert {d.at.path for d in loaded.diagnostics} == {"specs/a.yaml", "specs/b.yaml"}
    assert "specs/c.yaml" in loaded.sources


def test_paths_stay_in_the_project(tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(MODEL.format("other"))
    text = PROJECT.replace("spec: {}", "spec: {specs: [../outside.yaml, specs/]}")
    root = project(tmp_path / "in", text)
    (root / "specs" / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    assert told(root) == [
        "path-leaves-project exai.yaml:4:16",
        "path-leaves-project specs/link.yaml:1:1",
    ]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "specs" / "again").symlink_to(root / "specs")
    assert told(root) == ["unread-file specs/again:1:1"]


def test_what_looks_like_a_spec_and_is_not_read_is_told(tmp_path: Path) -> None:
    root = project(tmp_path / "in")
    (tmp_path / "in/shared").mkdir()
    (tmp_path / "in/shared/model.yaml").write_text(MODEL.format("shared"))
    (root / "specs" / "shared").symlink_to(root / "shared")
    (root / "specs" / "shared.yaml").symlink_to(root / "shared")
    (root / "specs" / "a.YAML").write_text(MODEL.format("a"))
    (root / "specs" / "b.json").write_text('{"apiVersion": "exai.dev/v1alpha1", "kind": "Model"}')
    for name in ("data.json", "README.md", ".c.YAML", "component.yaml", "YAML", "folder.yaml/x"):
        (root / "specs" / name).parent.mkdir(exist_ok=True)
        (root / "specs" / name).write_text("{}")
    os.mkfifo(root / "specs" / "pipe.json")
    assert told(root) == [
        f"unread-file specs/{name}:1:1" for name in ("a.YAML", "b.json", "shared", "shared.yaml")
    ]
    assert {each.severity for each in load(root).diagnostics} == {"warning"}


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        (f"{{{HEAD}}}", True),
        (f"[{{{HEAD}}}, {{{HEAD}}}]", True),
        (f"\ufeff{{{HEAD}}}", True),
        (f'{{{HEAD}, "note": "{"x" * (1 << 17)}"}}', True),
        (f'{{{HEAD}, "note": "{"x" * (1 << 20)}"}}', False),
        (f'{{"$schema": "draft", {HEAD}}}', False),
        (f'{{"specs": [{{{HEAD}}}]}}', False),
        (f'[{{{HEAD}}}, "a report"]', False),
        ('{"apiVersion": "exai.dev/v1alpha1"}', False),
        ('{"apiVersion": ["exai.dev/v1alpha1"], "kind": "Model"}', False),
        ('{"apiVersion": "v1", "kind": "List", "of": "exai.dev/v1alpha1"}', False),
        ('["exai.dev/v1alpha1"', False),
        ('"exai.dev/v1alpha1"', False),
        ('{"exai.dev/v1alpha1": ' + "[" * 60_000, False),
    ],
    ids=range(14),
)
def test_which_json_is_taken_for_a_spec(tmp_path: Path, text: str, spec: bool) -> None:
    root = project(tmp_path)
    (root / "specs" / "a.json").write_text(text)
    assert told(root) == (["unread-file specs/a.json:1:1"] if spec else [])


def test_exais_own_schema_beside_the_specs_is_no_spec(tmp_path: Path) -> None:
    root = project(tmp_path, PROJECT.replace("spec: {}", "spec: {specs: [.]}"))
    editor_schema.write(root)
    assert told(root) == []


def test_a_named_folder_that_is_missing(tmp_path: Path) -> None:
    root = project(tmp_path / "a")
    (root / "specs").rmdir()
    assert told(root) == [], "the default one may be missing"
    misspelt = PROJECT.replace("spec: {}", "spec: {specs: [spces/]}")
    (root / "exai.yaml").write_text(misspelt)
    assert told(root) == ["missing-spec-folder exai.yaml:4:16"]
    assert load(root).diagnostics[0].severity == "error", "an empty project would delete everything"
    (root / "exai.yaml").write_text(misspelt + "---\n" + MODEL.format("here"))
    assert load(root).diagnostics[0].severity == "warning"


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    root = project(tmp_path)
    os.mkfifo(root / "specs" / "pipe.yaml")
    (root / "specs" / "loop.yaml").symlink_to(root / "specs" / "loop.yaml")
    assert told(root) == [
        "unreadable-file specs/loop.yaml:1:1",
        "unreadable-file specs/pipe.yaml:1:1",
    ]


def test_a_folder_without_a_project_document(tmp_path: Path) -> None:
    root = project(tmp_path, MODEL.format("alone"))
    assert told(root) == ["no-project exai.yaml:1:1"]
    (root / "exai.yaml").write_text("")
    assert told(root) == ["no-project exai.yaml:1:1"]
    (root / "exai.yaml").unlink()
    assert told(root) == ["unreadable-file exai.yaml:1:1"]


def test_the_catalog_holds_exais_own_components() -> None:
    assert {"load-dataset", "validate-dataset", "split-data", "train-h2o", "evaluate-model"} < set(
        component_catalog().components
    )
