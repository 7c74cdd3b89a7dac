"""Files of exai's own state: nobody can know what a half one is called, so two never share it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from exai_components.outcome import OUTCOME_FILE, Outcome, write_outcome
from exai_runtime.local import fact_cache
from exai_runtime.local.content import ContentCache
from exai_runtime.local.features.paths import feature_paths, switch
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
