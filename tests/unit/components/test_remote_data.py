"""Data below a root in an object store: brought here when they are read, file by file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from exai_components import object_store
from exai_components.load_dataset.places import _mirror, inside_data_root
from exai_components.load_dataset.sources import open_source
from exai_components.outcome import StepFailure


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root that Arrow reads, with files for objects."""
    folder = tmp_path / "daten"
    (folder / "rows").mkdir(parents=True)
    (folder / "iris.csv").write_text("id,size\n7,1.5\n8,1.6\n")
    for number in (1, 2):
        table = pa.table({"id": [number], "size": [1.5]})
        parquet.write_table(table, folder / "rows" / f"part-{number}.parquet")
    monkeypatch.setattr(object_store, "SCHEMES", ("file",))
    monkeypatch.setenv("EXAI_DATA_ROOT", folder.as_uri() + "/")
    _mirror.cache_clear()
    return folder


def test_a_file_is_brought_once(store: Path) -> None:
    found = inside_data_root("iris.csv")
    assert found.read_text() == (store / "iris.csv").read_text()
    assert not found.is_relative_to(store)
    (store / "iris.csv").unlink()
    assert inside_data_root("iris.csv") == found


def test_a_source_is_read_from_there(store: Path) -> None:
    del store
    with open_source({"csv": {"path": "iris.csv"}}) as opened:
        assert [column.name for column in opened.columns] == ["id", "size"]
    with open_source({"parquet": {"path": "rows"}}) as opened:
        assert [column.name for column in opened.columns] == ["id", "size"]
        rows = [int(str(row)) for chunk in opened.chunks(["id"]) for row in chunk["id"]]
    assert rows == [1, 2]


@pytest.mark.parametrize(
    ("path", "code"), [("none.csv", "missing-file"), ("../iris.csv", "path-leaves-data-root")]
)
def test_what_isn_t_there_or_is_outside(store: Path, path: str, code: str) -> None:
    with pytest.raises(StepFailure) as caught:
        inside_data_root(path)
    assert caught.value.outcome.code == code
    if code == "missing-file":
        assert (store / path).as_uri() in caught.value.outcome.message
