"""Laws of the cache: cold, warm, spoilt or absent, a project is read as the same value."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exai_runtime import document_cache
from exai_runtime.packs import no_cache
from exai_runtime.workspace import load

EXAMPLE = Path(__file__).parents[2] / "examples" / "diabetes"
FILES = ["exai.yaml", *(f"specs/{name}.yaml" for name in ("datasets", "features", "model"))]


def _edit(project: Path, _: Path, file: str, at: int) -> None:
    text = (project / file).read_text()
    at %= len(text)
    (project / file).write_text(text[:at] + "x: [1, 2.50]\n" + text[at:])


def _same_length(project: Path, _: Path, file: str, at: int) -> None:
    """Other bytes, the same size and times: what a look at the file's status would miss."""
    place = project / file
    before, text = place.stat(), place.read_text()
    at %= len(text)
    place.write_text(text[:at] + ("y" if text[at] != "y" else "z") + text[at + 1 :])
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))


def _restore(project: Path, _: Path, file: str, at: int) -> None:
    del at
    shutil.copy(EXAMPLE / file, project / file)


def _copy(project: Path, _: Path, file: str, at: int) -> None:
    shutil.copy(project / file, project / "specs" / f"more_{at % 3}.yaml")


def _remove(project: Path, _: Path, file: str, at: int) -> None:
    del file
    (project / "specs" / f"more_{at % 3}.yaml").unlink(missing_ok=True)


def _flip(_: Path, cache: Path, file: str, at: int) -> None:
    del file
    for pack in packs(cache):
        data = bytearray(pack.read_bytes())
        data[at % len(data)] ^= 1 << (at % 8)
        pack.write_bytes(data)


def _cut(_: Path, cache: Path, file: str, at: int) -> None:
    del file
    for pack in packs(cache):
        pack.write_bytes(pack.read_bytes()[: at % (pack.stat().st_size + 1)])


def _junk(_: Path, cache: Path, file: str, at: int) -> None:
    del file
    for pack in packs(cache):
        pack.write_bytes(bytes(range(256)) * (at % 9))


def _open_to_all(_: Path, cache: Path, file: str, at: int) -> None:
    del file
    for pack in packs(cache):
        pack.chmod(0o666 if at % 2 else 0o600)
    for folder in cache.rglob("documents"):
        folder.chmod(0o777 if at % 3 else 0o700)


def _folder_in_its_place(_: Path, cache: Path, file: str, at: int) -> None:
    del file, at
    for pack in packs(cache):
        pack.unlink()
        pack.mkdir()


def packs(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*.documents") if path.is_file()]


Change = Callable[[Path, Path, str, int], None]
CHANGES: list[Change] = [
    *(_edit, _same_length, _restore, _copy, _remove),
    *(_flip, _cut, _junk, _open_to_all, _folder_in_its_place),
]


@given(
    st.lists(
        st.tuples(st.sampled_from(CHANGES), st.sampled_from(FILES), st.integers(0, 100_000)),
        max_size=4,
    )
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_cache_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[tuple[Change, str, int]],
) -> None:
    folder = tmp_path_factory.mktemp("cached")
    project, cache = folder / "project", folder / "cache"
    shutil.copytree(EXAMPLE, project)
    monkeypatch.setenv("EXAI_CACHE_DIR", str(cache))
    monkeypatch.setattr(document_cache, "FEW", 0)
    for change, file, at in [(_restore, FILES[0], 0), (_restore, FILES[0], 0), *steps]:
        change(project, cache, file, at)
        with no_cache():
            anew = load(project)
        cold = load(project)
        warm = load(project)
        assert cold == anew
        assert warm == anew
