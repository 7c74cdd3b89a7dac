"""The same stamp means the same registry, and then MLflow isn't imported."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.facts import (
    Champion,
    FeaturesUsed,
    GateResult,
    ModelFacts,
    ModelVersion,
    Verdict,
)
from exai_runtime.local import fact_cache
from exai_runtime.local.registry import move_alias, read_models, record_verdict, stamp
from exai_runtime.target import TargetError

VERDICT = Verdict("m", 2, "g", False, (GateResult("accuracy", "min", False, 0.5, 0.9, 1, "low"),))
VERSION = ModelVersion(
    "m",
    2,
    "file:///x",
    "d",
    "k",
    metrics=MappingProxyType({"accuracy": 0.5}),
    champion=Champion(1, MappingProxyType({"accuracy": 0.9})),
    verdict=VERDICT,
    format="sklearn",
    features=FeaturesUsed(
        "f", MappingProxyType({"v": "0" * 64}), MappingProxyType({"size": "v:size"})
    ),
)
MODELS = {"m": ModelFacts((VERSION,), MappingProxyType({"champion": 1})), "n": ModelFacts()}


def test_a_write_changes_the_stamp_and_a_read_does_not(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    assert stamp(path) is None
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE t (a)")
        db.commit()
        first = stamp(path)
        db.execute("SELECT * FROM t").fetchall()
        assert stamp(path) == first
        db.execute("INSERT INTO t VALUES (1)")
        db.commit()
        assert stamp(path) != first


def test_the_cache_gives_back_what_was_put_in_under_the_same_stamp_only(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "models.json"
    assert fact_cache.load(path, (1, 2)) is None
    fact_cache.save(path, (1, 2), MODELS)
    assert fact_cache.load(path, (1, 2)) == MODELS
    assert fact_cache.load(path, (1, 3)) is None
    path.write_text("[]")
    assert fact_cache.load(path, (1, 2)) is None


def test_without_a_registry_there_are_no_versions(tmp_path: Path) -> None:
    assert read_models(tmp_path / "mlflow.db") == {}


def test_a_reader_imports_no_heavy_library() -> None:
    code = (
        "import sys, pathlib; from exai_runtime.local.target import LocalTarget\n"
        "from exai_specs.kinds import Environment\n"
        "place = Environment(target='local')\n"
        "LocalTarget(pathlib.Path(sys.argv[1]), 'local', place, 'p').observe()\n"
        "heavy = {'mlflow', 'kfp', 'pandas', 'numpy', 'sqlalchemy', 'h2o', 'google.protobuf'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, "/nowhere"], check=True)


def damaged(database: Path) -> None:
    """Past its header, which alone stays as it was."""
    with closing(sqlite3.connect(database)) as db:
        db.execute("CREATE TABLE t (a)")
    whole = database.read_bytes()
    database.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))


def junk(database: Path) -> None:
    database.write_bytes(b"no database at all\n" * 100)


@pytest.mark.parametrize("ruin", [junk, damaged])
def test_a_damaged_registry_is_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ruin: Callable[[Path], None]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "mlflow.db"
    ruin(path)
    before = path.read_bytes()
    for act in (
        lambda: read_models(path),
        lambda: record_verdict(path, VERDICT),
        lambda: move_alias(path, "m", "champion", 1),
    ):
        with pytest.raises(TargetError) as caught:
            act()
        assert caught.value.diagnostic.code == "damaged-registry"
        assert str(path) in caught.value.diagnostic.message
        assert "destroy --purge" in caught.value.diagnostic.hint
    assert path.read_bytes() == before
