"""No command writes its output over what a project consists of."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from exai_runtime.comparing import save_build
from exai_runtime.drawing import Wanted, draw
from exai_runtime.results import Refused, RenderedFiles

EXAMPLES = Path(__file__).parents[3] / "examples"
OWN = ("exai.yaml", "exai.lock", "specs/model.yaml", "specs/picture.html", ".git/HEAD", "link.html")


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    root = tmp_path / "iris"
    shutil.copytree(EXAMPLES / "iris", root, ignore=shutil.ignore_patterns(".exai", "data"))
    (root / ".git").mkdir()
    (root / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (root / "link.html").symlink_to("specs/model.yaml")
    return root


def content(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_a_link_beside_a_file_leads_nowhere(iris: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    for name in ("build.json", "graph.html"):
        (iris / f".{name}.new").symlink_to(outside)
        (iris / f".{name}.{os.getpid()}.tmp").symlink_to(outside)
    assert isinstance(save_build(iris, "local", iris / "build.json"), RenderedFiles)
    assert not isinstance(draw(iris, Wanted("html", file=iris / "graph.html")), Refused)
    assert outside.read_text() == "mine"
    assert "<html" in (iris / "graph.html").read_text()
    assert not list(iris.glob(".exai-*"))


@pytest.mark.parametrize("path", OWN)
def test_a_graph_is_written_elsewhere(iris: Path, path: str) -> None:
    before = content(iris)
    refused = draw(iris, Wanted("html", file=iris / path))
    assert isinstance(refused, Refused)
    assert [each.code for each in refused.diagnostics] == ["output-among-specs"]
    assert "-o" in refused.diagnostics[0].hint
    assert content(iris) == before


@pytest.mark.parametrize("path", OWN)
def test_a_build_is_saved_elsewhere(iris: Path, path: str) -> None:
    before = content(iris)
    refused = save_build(iris, "local", iris / path)
    assert isinstance(refused, Refused)
    assert [each.code for each in refused.diagnostics] == ["output-among-specs"]
    assert "--save-build" in refused.diagnostics[0].hint
    assert content(iris) == before


def test_what_was_written_before_is_written_again(iris: Path) -> None:
    for _ in range(2):
        assert not isinstance(draw(iris, Wanted("html", file=iris / "graph.html")), Refused)
        assert not isinstance(save_build(iris, "local", iris / "build.json"), Refused)
