"""`embed`: what stands beside a function goes with it, as KFP's own SDK has it."""

from __future__ import annotations

import base64
import gzip
import io
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kfp.dsl import component_factory

from exai_compiler.catalog import Catalog, catalog
from exai_compiler.checks import check
from exai_compiler.graph import Graph, graph
from exai_compiler.project import Project, link
from exai_compiler.python_code import Function, read_function
from exai_compiler.python_code.archive import archive, embedded
from exai_compiler.python_code.ephemeral import program
from exai_runtime.folder import DiskFolder
from exai_runtime.python_files import python_files
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

PROJECT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: rules}
spec:
  steps:
    apply: {python: "code.py:apply", embed: EMBED}
"""
CODE = """
def apply(rules: EmbeddedInput[Artifact], much: int = 1) -> str:
    import checking

    return checking.said()
"""
FILES = {
    "code.py": CODE,
    "rules/checking.py": "def said():\n    return 'yes'\n",
    "rules/deep/list.txt": "a\nb\n",
    "other.txt": "not in it",
}


def project(embed: str = "rules") -> Project:
    documents, problems = read(PROJECT.replace("EMBED", embed), "exai.yaml")
    assert problems == ()
    found = link(spec for each in documents if isinstance(spec := parse(each), Spec))
    assert found is not None
    return found


def files(**changed: str) -> Catalog:
    modules = frozenset({"code", "checking"})
    return replace(catalog({}), files={**FILES, **changed}, modules=modules)


def graph_of(embed: str, known: Catalog) -> Graph:
    spec = project(embed).find("Pipeline", "rules")
    assert spec is not None
    return graph(spec, known)


@pytest.mark.parametrize("path", ["rules", "other.txt"])
def test_the_program_is_the_sdk_s(path: str) -> None:
    function = read_function(CODE, "apply")
    beside = embedded(path, FILES)
    assert isinstance(function, Function) and beside is not None
    helper = component_factory._generate_shared_extraction_helper(
        archive(beside), beside.file or None
    )
    imports = "import kfp\nfrom kfp import dsl\nfrom kfp.dsl import *\nfrom typing import *"
    # As `_get_command_and_args_for_lightweight_component` puts it together.
    assert program(function, beside) == f"\n{imports}\n\n{helper}\n\n\n{function.source}\n"


def test_the_archive_holds_the_files_and_nothing_of_the_machine() -> None:
    beside = embedded("rules", FILES)
    assert beside is not None
    data = gzip.decompress(base64.b64decode(archive(beside)))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        members = {each.name: each for each in tar.getmembers()}
        assert list(members) == ["checking.py", "deep/list.txt"]
        assert {(each.mtime, each.uid, each.uname) for each in members.values()} == {(0, 0, "")}
        content = tar.extractfile("deep/list.txt")
        assert content is not None and content.read() == b"a\nb\n"


def test_a_function_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    function = read_function(CODE, "apply")
    beside = embedded("rules", FILES)
    assert isinstance(function, Function)
    monkeypatch.setattr(sys, "path", [*sys.path])
    seen: dict[str, Any] = {}
    exec(program(function, beside), seen)  # noqa: S102 - it is this test's own
    assert seen["apply"](None) == "yes"
    assert (Path(seen["__KFP_EMBEDDED_ASSET_DIR"]) / "deep/list.txt").read_text() == "a\nb\n"


def test_it_is_no_input_and_part_of_what_a_step_means() -> None:
    step = graph_of("rules", files()).steps["apply"]
    assert step.component is not None
    assert list(step.component.inputs) == ["much"]
    other = graph_of("rules", files(**{"rules/deep/list.txt": "c"})).steps["apply"].component
    same = graph_of("rules", files(**{"other.txt": "changed"})).steps["apply"].component
    assert other is not None and other.version != step.component.version
    assert same is not None and same.version == step.component.version


def test_what_it_brings_may_be_imported() -> None:
    assert check(project(), files()) == ()
    (wrong,) = check(project("other.txt"), files())
    assert (wrong.code, str(wrong.at)) == ("local-import", "code.py:3:5")


@pytest.mark.parametrize(
    ("embed", "changed", "code"),
    [
        ("nothing", {}, "missing-file"),
        ("rules", {"rules/deep/list.txt": "x" * 100_000}, "code-too-large"),
    ],
)
def test_what_can_t_be_embedded(embed: str, changed: dict[str, str], code: str) -> None:
    (wrong,) = check(project(embed), files(**changed))
    assert (wrong.code, str(wrong.at)) == (code, "exai.yaml:12:45")


def test_files_are_read_below_the_project_alone(tmp_path: Path) -> None:
    root = tmp_path / "project"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "rules" / "__pycache__").mkdir()
    (root / "rules" / "__pycache__" / "checking.pyc").write_bytes(b"\xff")
    found = python_files(DiskFolder(root), project().all)
    assert set(found.texts) == {"code.py", "rules/checking.py", "rules/deep/list.txt"}
    (tmp_path / "secret").write_text("no")
    (root / "rules" / "link").symlink_to(tmp_path / "secret")
    (wrong,) = python_files(DiskFolder(root), project().all).problems
    assert wrong.code == "path-leaves-project"
    (outside,) = python_files(DiskFolder(root), project("../secret").all).problems
    assert outside.code == "path-leaves-project"
