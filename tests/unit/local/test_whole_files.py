"""Files of exai's own state: nobody can know what a half one is called, so two never share it;
what a killed process left of one goes with the next."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pyarrow as pa
import pytest

from exai_components.feature_store.push import _keep
from exai_components.feature_store.view_columns import Columns
from exai_components.model_file import MODEL_FILE, ModelFile
from exai_components.outcome import OUTCOME_FILE, Outcome, write_outcome
from exai_components.register_model.store import _copy
from exai_runtime.local import fact_cache
from exai_runtime.local.content import ContentCache
from exai_runtime.local.features.paths import feature_paths, prune, switch
from exai_runtime.local.run_requests import write_json

Write = Callable[[Path], object]


def _hashed(folder: Path) -> None:
    old = folder.parent / "old"
    old.write_text("x")
    os.utime(old, ns=(0, 0))
    cache = ContentCache(folder / "content.json")
    cache._known[str(old)] = [0, 0, 0, 0, ""]
    cache._changed = True
    cache.save()


WRITERS: dict[str, tuple[str, Write]] = {
    "an outcome": (
        OUTCOME_FILE,
        lambda folder: write_outcome(folder, Outcome("c", "m", "h", (), True)),
    ),
    "a run": ("request.json", lambda folder: write_json(folder / "request.json", {})),
    "a registry's facts": (
        "facts.json",
        lambda folder: fact_cache.save(folder / "facts.json", (1,), {}),
    ),
    "digests": ("content.json", _hashed),
}


@pytest.mark.parametrize("what", sorted(WRITERS))
def test_what_another_has_half_written_stays(tmp_path: Path, what: str) -> None:
    name, write = WRITERS[what]
    folder, other = tmp_path / "state", tmp_path / "other"
    folder.mkdir()
    other.write_text("of another")
    half = [f".{name}.new", f".{name}.{os.getpid()}", f"{name}.{os.getpid()}"]
    for each in half:
        (folder / each).symlink_to(other)
    write(folder)
    assert (folder / name).is_file() and not (folder / name).is_symlink()
    assert other.read_text() == "of another"
    assert sorted(path.name for path in folder.iterdir()) == sorted([name, *half])


def killed_before_its_rename(write: Write, folder: Path, call: str = "replace") -> None:
    """A real process is, by the kernel."""
    child = os.fork()
    if child == 0:

        def deadly(*_: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(Path, call, deadly)
        try:
            write(folder)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("what", sorted(WRITERS))
def test_what_a_killed_process_left_goes(tmp_path: Path, what: str) -> None:
    name, write = WRITERS[what]
    folder = tmp_path / "state"
    folder.mkdir()
    killed_before_its_rename(write, folder)
    (left,) = folder.iterdir()
    assert left.name != name
    write(folder)
    assert [path.name for path in folder.iterdir()] == [name]


@pytest.mark.parametrize("what", sorted(WRITERS))
def test_what_lives_and_what_is_none_of_ours_stays(tmp_path: Path, what: str) -> None:
    name, write = WRITERS[what]
    folder = tmp_path / "state"
    folder.mkdir()
    others = [".exai-0123456789abcdef.new.txt", ".exai-0123456789abcdeg.new", "x.new"]
    for other in others:
        (folder / other).write_text("of a person")
    alive = folder / ".exai-0123456789abcdef.new"
    with alive.open("x") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        write(folder)
        assert alive.exists()
    write(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted([name, *others])


def test_what_a_killed_push_left_goes(tmp_path: Path) -> None:
    columns = Columns(("id",), "at", "", ("n",))
    table = pa.table({"id": ["a"], "at": ["2026-01-01"], "n": [1]})

    def keep(folder: Path) -> None:
        _keep(columns, table, folder / "rows.parquet")

    killed_before_its_rename(keep, tmp_path)
    keep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.parquet"]


def test_what_a_killed_store_of_a_model_left_goes(tmp_path: Path) -> None:
    source, shelf = tmp_path / "model", tmp_path / "m"
    source.mkdir()
    (source / MODEL_FILE).write_text("{}")
    signature = cast("ModelFile", SimpleNamespace(files={}))

    def copy(folder: Path) -> None:
        _copy(source, signature, folder, folder / "k")

    shelf.mkdir()
    killed_before_its_rename(copy, shelf, "rename")
    assert [path.name for path in shelf.iterdir()] != ["k"]
    copy(shelf)
    assert [path.name for path in shelf.iterdir()] == ["k"]


def test_a_link_of_features_too(tmp_path: Path) -> None:
    paths = feature_paths(tmp_path)
    link = paths.link("rows")
    link.parent.mkdir(parents=True)
    half = link.with_name(f".{link.name}.new")
    half.symlink_to("of-another")
    switch(paths, "rows", "a.parquet")
    switch(paths, "rows", "b.parquet")
    assert str(link.readlink()).endswith("b.parquet")
    assert str(half.readlink()) == "of-another"


def test_a_link_that_a_killed_process_left_goes_with_old_snapshots(tmp_path: Path) -> None:
    paths = feature_paths(tmp_path)
    paths.snapshots("rows").mkdir(parents=True)
    killed_before_its_rename(lambda _: switch(paths, "rows", "a.parquet"), tmp_path)
    (left,) = paths.link("rows").parent.iterdir()
    switch(paths, "rows", "a.parquet")
    prune(paths, "rows", frozenset())
    assert left.name != paths.link("rows").name
    assert list(paths.link("rows").parent.iterdir()) == [paths.link("rows")]
