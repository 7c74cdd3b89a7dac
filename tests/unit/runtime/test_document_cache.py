"""The cache of documents: what it keeps and where, and what it has nothing to do with."""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from exai_runtime import document_cache
from exai_runtime import packs as packed
from exai_runtime.cli import main
from exai_runtime.document_cache import DocumentCache, opened
from exai_runtime.workspace import load

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(EXAMPLES / "iris", tmp_path / "project")
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(document_cache, "FEW", 0)
    return tmp_path / "project"


def packs(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def kept(project: Path) -> list[Path]:
    return packs(project.parent / "cache")


def test_it_is_used(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(project)
    read_anew: list[str] = []

    real = document_cache.read

    def read(data: bytes, path: str) -> object:
        read_anew.append(path)
        return real(data, path)

    monkeypatch.setattr(document_cache, "read", read)
    assert load(project) == first
    assert read_anew == []
    (project / "specs/model.yaml").write_text((project / "specs/model.yaml").read_text() + "\n")
    load(project)
    assert read_anew == ["specs/model.yaml"]


def test_nobody_else_may_read_or_write_it(project: Path) -> None:
    load(project)
    [pack] = kept(project)
    assert pack.stat().st_mode & 0o777 == 0o600
    assert pack.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda place: place.symlink_to(place)])
def test_what_is_no_file_is_as_if_nothing_were_there(
    project: Path, make: Callable[[Path], None]
) -> None:
    first = load(project)
    [pack] = kept(project)
    pack.unlink()
    make(pack)
    assert load(project) == first


def test_small_projects_keep_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_cache, "FEW", 100)
    load(project)
    assert kept(project) == []


@pytest.mark.parametrize("words", [("--no-cache", "validate"), ("validate", "--no-cache")])
def test_it_can_be_left_out(project: Path, words: tuple[str, ...]) -> None:
    assert main.run(("-C", str(project), *words)) == 0
    assert kept(project) == []
    assert main.run(("-C", str(project), "validate")) == 0
    assert len(kept(project)) == 1


def test_an_empty_variable_means_none(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAI_CACHE_DIR", "")
    load(project)
    assert kept(project) == []


def test_its_place_without_a_variable(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EXAI_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    load(project)
    assert len(packs(tmp_path / "xdg/exai/documents")) == 1
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    load(project)
    assert len(packs(tmp_path / "home/.cache/exai/documents")) == 1


def test_another_reader_finds_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(project)
    monkeypatch.setattr(document_cache, "_reader", lambda: b"of tomorrow")
    load(project)
    assert len(kept(project)) == 2


def _taking_part(module: str) -> Iterator[tuple[str, Path]]:
    """A module and those of exai that it imports, also inside of functions."""
    found = find_spec(module)
    if found is None or found.origin is None:
        return  # a name inside of a module
    yield module, Path(found.origin)
    for node in ast.walk(ast.parse(Path(found.origin).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("exai_"):
            yield node.module, Path()
        elif isinstance(node, ast.Import):
            yield from ((each.name, Path()) for each in node.names if each.name[:5] == "exai_")


def test_its_reader_is_all_that_takes_part_in_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, files = ["exai_specs.documents"], dict[str, Path]()
    while waiting:
        module = waiting.pop()
        for name, file in _taking_part(module):
            if name == module:
                files[name] = file
            elif name not in files:
                waiting.append(name)
    assert {"exai_specs.documents", "exai_specs.known_secrets", "exai_specs.types"} <= {*files}
    real = Path.read_bytes
    before = document_cache._reader()
    for name, file in files.items():
        monkeypatch.setattr(
            Path,
            "read_bytes",
            lambda path, changed=file: real(path) + b"#" * path.samefile(changed),
        )
        assert document_cache._reader() != before, name


def test_where_it_cannot_write_it_says_nothing(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path / "file"))
    assert load(project).diagnostics == ()
    (tmp_path / "cache").mkdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "cache/documents").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path / "cache"))
    assert load(project).diagnostics == ()
    assert packs(tmp_path / "elsewhere") == []


def test_files_with_problems_are_told_every_time(project: Path) -> None:
    (project / "specs/model.yaml").write_text("a: 1\na: 2\n")
    first = load(project)
    assert first.diagnostics
    assert load(project) == first


def test_it_is_bounded(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_PACKS", 2)
    for number in range(4):
        copy = project.parent / f"copy {number}"
        shutil.copytree(project, copy)
        load(copy)
        newest = max(kept(project), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, ns=(number * 10**9, number * 10**9))
    assert len(kept(project)) == 2
    monkeypatch.setattr(packed, "_LARGEST", 10)
    shutil.copytree(project, project.parent / "other")
    assert load(project.parent / "other").diagnostics == ()


def test_writers_at_once_leave_one_whole_pack(project: Path) -> None:
    caches: list[DocumentCache] = [opened(project) for _ in range(3)]
    data = (project / "exai.yaml").read_bytes()
    for number, cache in enumerate(caches):
        list(cache.read([("exai.yaml", data + b"#" * number)]))
    for cache in caches:
        cache.save()
    assert len(kept(project)) == 1
    assert load(project).diagnostics == ()
