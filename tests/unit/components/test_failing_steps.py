"""What processes of components refuse is said as `exai explain` shows it.

A folder of `tests/invalid/steps` has what a person types, the files that are at fault, and what is
said. UPDATE_GOLDEN=1 writes what is said anew. What only a running system shows is told there, and
`tests/architecture/test_codes` holds it against the source.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from exai_components.data.versions import query_version
from exai_components.feature_store.push import _beside, _past
from exai_components.feature_store.pushed_rows import typed_rows
from exai_components.feature_store.rows import usable
from exai_components.feature_store.view_columns import Columns
from exai_components.load_dataset.declared import read_declared
from exai_components.load_dataset.table import load_table
from exai_components.outcome import StepFailure
from exai_runtime.codes_of_servers import SERVER_CODES
from exai_runtime.codes_of_steps import STEP_CODES
from exai_runtime.explaining import parsed
from exai_runtime.local.features.process import _lower
from exai_specs.diagnostics import Diagnostic, Span

INVALID = Path(__file__).parents[2] / "invalid/steps"
LOADED = (
    *("connection-failed", "database-error", "download-failed", "missing-connection"),
    "no-rows-in-query",
)
NOW = datetime(2026, 12, 1, tzinfo=UTC)
KINDS = MappingProxyType({"flower_id": "int64", "seen_at": "timestamp", "size": "float64"})
COLUMNS = Columns(("flower_id",), "seen_at", "", ("size",))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a SQLite database, and a server of which nothing is there."""
    folder = tmp_path / "flowers"
    folder.mkdir()
    monkeypatch.setenv("EXAI_DATA_ROOT", str(folder))
    with sqlite3.connect(folder / "flowers.db") as database:
        database.execute("CREATE TABLE flowers (flower_id INTEGER, size REAL)")
        database.execute("INSERT INTO flowers VALUES (7, 1.5), (8, 1.6)")
    place = {"sqlite": {"path": "flowers.db"}}
    monkeypatch.setenv("EXAI_CONNECTION_WAREHOUSE", json.dumps(place))
    return folder


def test_each_code_is_given_as_written(
    code: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = INVALID / code
    shutil.copytree(folder, root, dirs_exist_ok=True)
    if folder.name == "connection-failed":
        fields = {"host": "127.0.0.1", "port": 9, "database": "ml", "user": "exai"}
        monkeypatch.setenv("EXAI_CONNECTION_LAKE", json.dumps({"postgresql": fields}))
    with pytest.raises(StepFailure) as raised:
        MADE.get(folder.name, loaded)(root)
    told = raised.value.outcome
    assert told.code == folder.name
    found = Diagnostic(told.code, _lower(told.message), Span(""), hint=_lower(told.hint))
    said = printed(found).replace(str(root), "/home/you/flowers")
    expected = folder / "expected"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        expected.write_text(said)
    assert said == expected.read_text()
    assert printed(*parsed(said)) == said


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "code" in metafunc.fixturenames:
        metafunc.parametrize("code", sorted(RUN))


def test_every_documented_code_has_a_folder_and_no_other() -> None:
    folders = {path.name for path in INVALID.iterdir() if path.is_dir()}
    assert folders == {*STEP_CODES, *SERVER_CODES}
    assert set(RUN) < folders


def printed(found: Diagnostic) -> str:
    """As in the other folders of `tests/invalid`."""
    message, hint = (text.replace("\n", "\n    ") for text in (found.message, found.hint))
    return f"{found.severity}: {found.code}: {message}\n  hint: {hint}\n"


def dataset(root: Path) -> dict[str, Any]:
    """The Dataset of the folder, as the compiler inlines it."""
    spec = yaml.safe_load((root / "flowers.yaml").read_text())["spec"]
    schema = {name: {"type": kind} for name, kind in spec["schema"].items()}
    return {"name": "flowers", "source": spec["source"], "schema": schema} | spec_version(spec)


def spec_version(spec: dict[str, Any]) -> dict[str, Any]:
    return {"version": spec["version"]} if "version" in spec else {}


def loaded(root: Path) -> object:
    return load_table(read_declared(dataset(root)))


def version(root: Path) -> object:
    told = dataset(root)
    return query_version(told, told["version"]["query"], None)


def rows(root: Path, name: str) -> Any:
    return typed_rows(root / name, KINDS, COLUMNS)


def pushed(root: Path) -> object:
    return rows(root, "rows.csv")


def of_the_future(root: Path) -> object:
    return _past(pushed(root), COLUMNS, NOW, "rows.csv")


def contradicting(root: Path) -> object:
    pq.write_table(rows(root, "data.csv"), root / "data.parquet")
    return _beside(pushed(root), COLUMNS, root / "data.parquet", None, "petals")


def twice(root: Path) -> object:
    return usable(rows(root, "data.csv"), COLUMNS, "petals")


def outside(root: Path) -> object:
    elsewhere = root.parent / "elsewhere"
    elsewhere.mkdir()
    (root / "elsewhere").symlink_to(elsewhere)
    return loaded(root)


def two_files(root: Path) -> object:
    folder = root / "data/flowers"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"flower_id": [7], "size": [1.5]}), folder / "a.parquet")
    pq.write_table(pa.table({"flower_id": [8], "width": [1.5]}), folder / "b.parquet")
    return loaded(root)


def partitions(root: Path) -> object:
    (root / "data/flowers/year=2026").mkdir(parents=True)
    return loaded(root)


MADE: dict[str, Callable[[Path], object]] = {
    "data-version-failed": version,
    "different-columns": two_files,
    "duplicate-timestamp": twice,
    "empty-table": pushed,
    "folder-in-folder": partitions,
    "future-timestamp": of_the_future,
    "ill-typed-value": pushed,
    "path-leaves-data-root": outside,
    "pushed-conflict": contradicting,
}
RUN = frozenset({*LOADED, *MADE})
"""The codes that these tests bring about; the others are told."""
