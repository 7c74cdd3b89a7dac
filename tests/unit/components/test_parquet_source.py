"""Parquet as a source: a file, a folder, types as they are, and files that don't fit together."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exai_components.load_dataset.declared import read_declared
from exai_components.load_dataset.table import load_table
from exai_components.outcome import Outcome, StepFailure


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXAI_DATA_ROOT", str(tmp_path))
    return tmp_path


def write(path: Path, **columns: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def load(path: str, schema: dict[str, Any], key: tuple[str, ...] = ()) -> Any:
    columns = {name: {"type": kind} for name, kind in schema.items()}
    told = {"name": "d", "source": {"parquet": {"path": path}}, "key": key, "schema": columns}
    return load_table(read_declared(told))


def refused(path: str, schema: dict[str, Any]) -> Outcome:
    with pytest.raises(StepFailure) as caught:
        load(path, schema)
    assert caught.value.outcome.final
    return caught.value.outcome


def test_a_file_keeps_its_types(root: Path) -> None:
    moment = datetime(2026, 11, 20, 10, tzinfo=UTC)
    columns = {
        "i": pa.array([1, None], pa.int16()),
        "u": pa.array([1, 2], pa.uint64()),
        "f": pa.array([1.5, float("nan")], pa.float32()),
        "d": pa.array([Decimal("1.10"), None], pa.decimal128(9, 2)),
        "s": pa.array(["x", None]).dictionary_encode(),
        "l": pa.array(["long", "er"], pa.large_string()),
        "b": pa.array([True, None]),
        "t": pa.array([moment, None], pa.timestamp("ns", tz="Europe/Berlin")),
        "n": pa.array([moment.replace(tzinfo=None), None], pa.timestamp("ms")),
        "y": pa.array([date(2026, 11, 20), None]),
        "r": pa.array([b"\x00", None]),
        "many": pa.array([[1, 2], None], pa.list_(pa.int64())),
        "of": pa.array([{"a": 1}, None], pa.struct([("a", pa.int32())])),
    }
    write(root / "x.parquet", **columns)
    table = load(
        "x.parquet",
        {
            "i": "int64", "u": "int64", "f": "float64", "d": "decimal", "s": "string",
            "l": "string", "b": "bool", "t": "timestamp", "n": "timestamp", "y": "date",
            "r": "bytes", "many": {"list": "int64"}, "of": {"struct": {"a": "int64"}},
        },
    )  # fmt: skip
    assert table.to_pylist() == [
        {
            "i": 1, "u": 1, "f": 1.5, "d": Decimal("1.10"), "s": "x", "l": "long", "b": True,
            "t": moment, "n": moment, "y": date(2026, 11, 20), "r": b"\x00", "many": [1, 2],
            "of": {"a": 1},
        },
        dict.fromkeys(columns) | {"u": 2, "l": "er"},
    ]  # fmt: skip


def test_a_folder_is_all_of_its_files(root: Path) -> None:
    write(root / "parts/b.parquet", id=[3, 1], x=[1.5, 2.5])
    write(root / "parts/a", x=[1, 2], id=[2, 4])  # another order, whole numbers
    (root / "parts/_SUCCESS").write_text("")
    (root / "parts/.a.crc").write_text("x")
    (root / "parts/_temporary").mkdir()
    table = load("parts", {"id": "int64", "x": "float64"}, ("id",))
    assert table.to_pydict() == {"id": [1, 2, 3, 4], "x": [2.5, 1.0, 1.5, 2.0]}


def test_files_that_dont_fit_together_are_explained(root: Path) -> None:
    write(root / "parts/1.parquet", id=[1], x=[1.5])
    write(root / "parts/2.parquet", id=["a"], y=[1.5])
    outcome = refused("parts", {"id": "int64"})
    assert outcome.code == "different-columns"
    assert outcome.message.splitlines() == [
        "parts/2.parquet and parts/1.parquet have different columns:",
        "  - id: string and int64",
        "  - x: not there and float64",
        "  - y: float64 and not there",
    ]


def test_what_is_no_parquet_is_named(root: Path) -> None:
    write(root / "parts/1.parquet", id=[1])
    (root / "parts/notes.txt").write_text("hello, this is no Parquet file")
    (root / "empty").mkdir()
    (root / "none.parquet").write_bytes(b"")
    write(root / "deep/year=2026/1.parquet", id=[1])
    write(root / "norows.parquet", id=pa.array([], pa.int64()))
    (root / "link").mkdir()
    (root / "link/passwd").symlink_to("/etc/passwd")
    for path, code, words in (
        ("parts", "unreadable-file", "parts/notes.txt can't be read as Parquet"),
        ("empty", "empty-data", "there is no file in the folder"),
        ("none.parquet", "empty-data", "no bytes"),
        ("norows.parquet", "empty-data", "norows.parquet is empty: Dataset d has no row"),
        ("deep", "folder-in-folder", "year=2026"),
        ("part", "missing-file", 'Did you mean "parts"?'),
        ("link", "path-leaves-data-root", "link/passwd"),
        ("../x", "path-leaves-data-root", "../x"),
    ):
        outcome = refused(path, {"id": "int64"})
        assert outcome.code == code, outcome
        assert words in outcome.line()


@pytest.mark.parametrize(
    ("found", "declared"),
    [
        (pa.array(["1"]), "int64"),
        (pa.array([1]), "timestamp"),
        (pa.array([1]), "date"),
        (pa.array([1.5]), "bool"),
        (pa.array([True]), "float64"),
        (pa.array([1]), {"list": "int64"}),
        (pa.array([[1]]), "int64"),
        (pa.array([1], pa.duration("s")), "int64"),
    ],
)
def test_a_type_that_cant_become_the_declared_one(root: Path, found: Any, declared: Any) -> None:
    write(root / "x.parquet", id=found)
    outcome = refused("x.parquet", {"id": declared})
    assert outcome.code == "changed-type"
    assert outcome.message.startswith("x.parquet differs from Dataset d in a column:\n  - id: ")


def test_values_have_the_last_word(root: Path) -> None:
    write(root / "x.parquet", id=[1.0, 2.5], t=pa.array([1, 1001], pa.timestamp("ns")))
    assert "2.5 is no int64" in refused("x.parquet", {"id": "int64"}).message
    assert "'1 ns' is no timestamp" in refused("x.parquet", {"t": "timestamp"}).message
    assert load("x.parquet", {"id": "string"}).to_pydict() == {"id": ["1.0", "2.5"]}
