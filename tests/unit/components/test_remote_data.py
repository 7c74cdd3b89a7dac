"""Data below a root in an object store: brought here when they are read, file by file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pytest
from object_stores import Bucket, gcs, s3
from pyarrow import parquet

from exai_components.load_dataset.places import _mirror, inside_data_root
from exai_components.load_dataset.sources import open_source
from exai_components.outcome import StepFailure

CSV = b"id,size\n7,1.5\n8,1.6\n"


@pytest.fixture(params=["s3", "gs"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bucket]:
    """A root in a bucket, which Arrow's own clients read."""
    with s3(monkeypatch) if request.param == "s3" else gcs(monkeypatch, tmp_path) as found:
        found.objects["acme-ml/daten/iris.csv"] = CSV
        for number in (1, 2):
            into = BytesIO()
            parquet.write_table(pa.table({"id": [number], "size": [1.5]}), into)
            found.objects[f"acme-ml/daten/rows/part-{number}.parquet"] = into.getvalue()
        monkeypatch.setenv("EXAI_DATA_ROOT", f"{request.param}://acme-ml/daten/")
        _mirror.cache_clear()
        yield found


def test_a_file_is_brought_once(store: Bucket) -> None:
    found = inside_data_root("iris.csv")
    assert found.read_bytes() == CSV
    store.objects.clear()
    assert inside_data_root("iris.csv") == found


def test_a_folder_is_brought_whole_after_what_is_in_it(
    store: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was brought stays: someone may be reading it."""
    first = inside_data_root("rows/part-1.parquet")
    was = first.read_bytes()
    store.objects["acme-ml/daten/rows/part-1.parquet"] = b"other"
    with open_source({"parquet": {"path": "rows"}}) as opened:
        rows = [int(str(row)) for chunk in opened.chunks(["id"]) for row in chunk["id"]]
    assert rows == [1, 2] and first.read_bytes() == was
    store.objects["acme-ml/daten/deep/under/a.csv"] = CSV
    inside_data_root("deep/under/a.csv")
    assert sorted(each.name for each in inside_data_root(".").iterdir()) == [
        *("deep", "iris.csv", "rows")
    ]
    # A folder that came with another one has nothing in it before it is asked for.
    monkeypatch.setenv("EXAI_DATA_ROOT", f"{os.environ['EXAI_DATA_ROOT'].rstrip('/')}/deep")
    inside_data_root(".")
    assert [each.name for each in inside_data_root("under").iterdir()] == ["a.csv"]
    store.objects.clear()
    assert inside_data_root("under/a.csv").read_bytes() == CSV


def test_what_came_in_half_is_brought_again(store: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: object, to: BytesIO, size: int) -> None:
        del source, size
        to.write(b"id")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full, pytest.raises(OSError, match="No space"):
        full.setattr("exai_components.object_store.shutil.copyfileobj", fail)
        inside_data_root("iris.csv")
    assert inside_data_root("iris.csv").read_bytes() == CSV
    del store


def test_a_store_that_refuses_is_no_missing_file(store: Bucket) -> None:
    store.refuse = (403, "AccessDenied")
    with pytest.raises(StepFailure) as caught:
        inside_data_root("iris.csv")
    assert caught.value.outcome.code == "store-denied"
    assert "://acme-ml/daten/iris.csv" in caught.value.outcome.message


def test_a_source_is_read_from_there(store: Bucket) -> None:
    del store
    with open_source({"csv": {"path": "iris.csv"}}) as opened:
        assert [column.name for column in opened.columns] == ["id", "size"]
    with open_source({"parquet": {"path": "rows"}}) as opened:
        assert [column.name for column in opened.columns] == ["id", "size"]
        rows = [int(str(row)) for chunk in opened.chunks(["id"]) for row in chunk["id"]]
    assert rows == [1, 2]


def test_a_folder_may_be_the_root_itself_or_a_whole_bucket(
    store: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = "s3" if "AWS_ENDPOINT_URL" in os.environ else "gs"
    for number in (1, 2):
        part = f"part-{number}.parquet"
        store.objects[f"rows/{part}"] = store.objects[f"acme-ml/daten/rows/{part}"]
    for root, path in ((f"{scheme}://acme-ml/daten/rows", "."), ("", f"{scheme}://rows")):
        monkeypatch.setenv("EXAI_DATA_ROOT", root)
        with open_source({"parquet": {"path": path}}) as opened:
            rows = [int(str(row)) for chunk in opened.chunks(["id"]) for row in chunk["id"]]
        assert rows == [1, 2]


@pytest.mark.parametrize(
    ("path", "code"), [("none.csv", "missing-file"), ("../iris.csv", "path-leaves-data-root")]
)
def test_what_isn_t_there_or_is_outside(store: Bucket, path: str, code: str) -> None:
    with pytest.raises(StepFailure) as caught:
        inside_data_root(path)
    assert caught.value.outcome.code == code
    if code == "missing-file":
        assert f"://acme-ml/daten/{path}" in caught.value.outcome.message
        assert store.refuse is None


def test_a_whole_uri_needs_no_root(store: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    store.objects["other/a b/iris.csv"] = CSV
    scheme = "s3" if "AWS_ENDPOINT_URL" in os.environ else "gs"
    for root in ("", "s3://elsewhere/data"):
        monkeypatch.setenv("EXAI_DATA_ROOT", root)
        with open_source({"csv": {"path": f"{scheme}://other/a b/iris.csv"}}) as opened:
            assert [column.name for column in opened.columns] == ["id", "size"]
        with open_source({"parquet": {"path": f"{scheme}://acme-ml/daten/rows"}}) as opened:
            rows = [int(str(row)) for chunk in opened.chunks(["id"]) for row in chunk["id"]]
        assert rows == [1, 2]
    for path, code in (("none.csv", "missing-file"), ("../../x", "path-leaves-data-root")):
        with pytest.raises(StepFailure) as caught:
            inside_data_root(f"{scheme}://other/{path}")
        assert caught.value.outcome.code == code
        assert (
            code != "missing-file" or f"({scheme}://other/none.csv)" in caught.value.outcome.message
        )
