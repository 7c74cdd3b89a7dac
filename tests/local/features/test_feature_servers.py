"""A real Redis as the online store, a real PostgreSQL as the offline store; and either of them
gone, or refusing the password, in the middle of the work.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from features import made
from servers import Postgres, Redis, postgres, redis_server

from exai_components.feature_store.actions import answer
from exai_components.load_features.asked import read_asked
from exai_components.load_features.join import Joined, join_features
from exai_components.outcome import StepFailure
from exai_runtime.local.features.redis_marks import marked_views

pytestmark = pytest.mark.slow
ADDRESS = "EXAI_FEATURES_ONLINE_STORE_CONNECTION_STRING"
RIGHT, WRONG = "pw:#$-4711", "pw-of-nobody"
BODY_TABLE = """
CREATE TABLE visits ("Patient" bigint, seen_at timestamptz, bmi numeric, visits bigint, ward text)
"""
BLOOD_TABLE = """
CREATE TABLE blood
  (patient_id bigint, drawn_at timestamp, written_at timestamptz, tc real, hdl real)
"""


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with redis_server(password=RIGHT) as server:
        yield server


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Postgres]:
    with postgres() as server:
        server.execute(BODY_TABLE)
        server.execute(BLOOD_TABLE)
        yield server


@pytest.fixture
def store(tmp_path: Path, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose Redis has nothing in it."""
    redis.client().flushall()
    monkeypatch.setenv(ADDRESS, redis.connection_string)
    online = {"type": "redis", "connection_string": "${" + ADDRESS + "}"}
    repository = made.repository(tmp_path, online)
    assert "result" in ask(repository, "apply")
    return repository


def ask(repository: Path, action: str, **request: Any) -> dict[str, Any]:
    return answer({"action": action, "repository": str(repository), **request})


def bring(repository: Path, rows: Sequence[made.Row], name: str, before: Any = None) -> Any:
    file = made.put(repository, "body", rows, name)
    found = ask(repository, "materialize", view="body", before=str(before) if before else None)
    return found, file


def bmi(repository: Path, *patients: int) -> list[Any]:
    entities = [{"patient_id": patient} for patient in patients]
    found = ask(repository, "get", name="body", entities=entities)["result"]["rows"]
    return [(row["features"]["bmi"]["value"], row["features"]["bmi"]["status"]) for row in found]


def test_redis_has_what_sqlite_would_have(store: Path) -> None:
    rows = [made.body(1, 0, 1.0), made.body(1, 5, 2.0, 2**60 + 1), made.body(2, 5, None)]
    found, first = bring(store, rows, "1")
    assert found["result"]["written"] == 2
    assert bmi(store, 1, 2, 3) == [(2.0, "present"), (None, "null"), (None, "not found")]
    # A correction of the same time: Feast's own Redis store would leave it out.
    rows = [
        made.body(1, 0, 1.0),
        made.body(1, 5, 2.5),
        made.body(2, 5, None),
        made.body(3, -9, 9.0),
    ]
    _, second = bring(store, rows, "2", first)
    assert bmi(store, 1, 3) == [(2.5, "present"), (9.0, "present")]
    bring(store, rows[:1], "3", second)
    assert bmi(store, 1, 2, 3) == [(1.0, "present"), (None, "null"), (None, "null")]


def test_a_pushed_row_on_redis_stays_until_the_data_is_newer(store: Path) -> None:
    _, first = bring(store, [made.body(1, 10, 1.0)], "1")
    file = store.parent / "rows.json"
    file.write_text(json.dumps([dict(made.body(1, 20, 11.0))], default=str))
    pushed = ask(store, "push", view="body", file=str(file), kinds=made.BODY)
    newest = "2026-01-01T20:00:00+00:00"
    assert pushed["result"] == {"rows": 1, "written": 1, "older": 0, "newest": newest}
    found, _ = bring(store, [made.body(1, 15, 1.5)], "2", first)
    assert found["result"]["older"] == 1
    assert bmi(store, 1) == [(11.0, "present")]


def test_a_redis_that_lost_its_data_is_filled_again(store: Path, redis: Redis) -> None:
    """Whoever brings something there sees it, and so does whoever plans."""
    body = {"spec": {"store": json.loads((store / "feature_store.yaml").read_text())}}
    secrets = {ADDRESS: redis.connection_string}
    rows = [made.body(1, 0, 1.0), made.body(1, 5.0001, 1.5), made.body(2, 5, None)]
    assert marked_views(body, secrets) == frozenset()
    _, first = bring(store, rows, "1")
    assert marked_views(body, secrets) == {"body"}
    found, same = bring(store, rows, "2", first)
    assert (found["result"]["written"], found["result"]["lost"]) == (0, False)
    request = {"view": "body", "before": str(same), "everything": True}
    assert ask(store, "materialize", **request)["result"]["written"] == 0
    redis.client().flushall()
    assert marked_views(body, secrets) == frozenset()
    found, _ = bring(store, rows, "3", same)
    assert (found["result"]["written"], found["result"]["lost"]) == (2, True)
    assert bmi(store, 1, 2) == [(1.5, "present"), (None, "null")]
    assert marked_views(body, {ADDRESS: f"{redis.host}:{redis.port},password={WRONG}"}) == (
        "it refuses the password"
    )
    assert marked_views(body, {ADDRESS: f"{redis.host}:{redis.port}"}) == "it refuses the password"
    redis.stop()
    try:
        assert marked_views(body, secrets) == "it doesn't answer"
    finally:
        redis.start()
    (store / "definitions.py").write_text("")
    assert "result" in ask(store, "apply")
    assert redis.client().dbsize() == 0


def test_a_redis_that_goes_away_and_comes_back(store: Path, redis: Redis) -> None:
    rows = [made.body(patient, 1, float(patient)) for patient in range(1, 4)]
    _, first = bring(store, rows, "1")
    more = [*rows, made.body(4, 2, 4.0)]
    redis.stop()
    try:
        found, _ = bring(store, more, "2", first)
        said = ask(store, "get", name="body", entities=[{"patient_id": 1}])
    finally:
        redis.start()
    assert found["error"]["code"] == said["error"]["code"] == "feature-store-unreachable"
    assert found["error"]["message"] == "The online store (Redis) doesn't answer"
    found, _ = bring(store, more, "2", first)
    assert found["result"]["written"] == 1
    assert bmi(store, 1, 4) == [(1.0, "present"), (4.0, "present")]


def test_a_redis_password_that_is_wrong_is_never_shown(
    store: Path, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS, f"{redis.host}:{redis.port},password={WRONG}")
    found, _ = bring(store, [made.body(1, 1, 1.0)], "1")
    assert found["error"]["code"] == "feature-store-refused"
    assert found["error"]["message"] == "The online store (Redis) refused the password"
    assert WRONG not in json.dumps(found)


def connect(monkeypatch: pytest.MonkeyPatch, server: Postgres, password: str = "") -> None:
    """The connection as steps get it, and the offline store on it."""
    fields = {"host": server.host, "port": server.port, "user": server.user}
    fields["database"] = server.database
    monkeypatch.setenv("EXAI_CONNECTION_WAREHOUSE", json.dumps({"postgresql": fields}))
    monkeypatch.setenv("EXAI_CONNECTION_WAREHOUSE_PASSWORD", password or server.password)
    offline = {"type": "postgres", "connection": "warehouse"}
    monkeypatch.setenv("EXAI_FEATURE_STORE", json.dumps({"offline_store": offline}))


def fill(server: Postgres, bodies: Sequence[made.Row], bloods: Sequence[made.Row]) -> None:
    server.execute("TRUNCATE visits, blood")
    server.execute(
        "INSERT INTO visits VALUES (%s, %s, %s, %s, %s)", [tuple(row.values()) for row in bodies]
    )
    naive = [
        (row["patient_id"], row["drawn_at"].replace(tzinfo=None), *list(row.values())[2:])
        for row in bloods
    ]
    server.execute("INSERT INTO blood VALUES (%s, %s, %s, %s, %s)", naive)


def asked() -> dict[str, Any]:
    """One view over a table with a column of another name, one over a query."""
    query = "SELECT * FROM blood WHERE tc > 0"
    sources = {
        "body": {"sql": {"connection": "warehouse", "table": "public.visits"}},
        "blood": {"sql": {"connection": "warehouse", "query": query}},
    }
    found = made.asked(sources)
    found["sources"]["body"]["schema"]["patient_id"]["source"] = "Patient"
    return found


def joined(folder: Path, moments: Sequence[tuple[int, float]]) -> Joined:
    spine = pa.table(
        {
            "patient_id": pa.array([who for who, _ in moments], pa.int64()),
            "happened": pa.array(
                [made.at(when) for _, when in moments], pa.timestamp("us", tz="UTC")
            ),
            "factor": pa.array([1.0] * len(moments)),
        }
    )
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return join_features(read_asked(asked(), "happened"), spine, scratch)


def test_the_join_in_postgresql(
    warehouse: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, warehouse)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    fill(
        warehouse,
        [made.body(1, 0, 20.5, 2**60 + 1), made.body(1, 5, 21.0, None), made.body(2, 50, 30.0)],
        [made.blood(1, 0, 5.0), made.blood(1, 0, 6.0, written=1), made.blood(2, 0, 8.0)],
    )
    moments = [(1, 0.0), (1, 0.0), (1, 6.0), (2, 10.0), (2, 60.0), (9, 1.0), (1, 24.0), (1, 24.5)]
    table = joined(tmp_path, moments).table
    found = {name: table.column(name).to_pylist() for name in ("bmi", "visits", "tc")}
    assert found == {
        "bmi": [20.5, 20.5, 21.0, None, 30.0, None, 21.0, 21.0],
        "visits": [2**60 + 1, 2**60 + 1, None, None, 1, None, None, None],
        "tc": [6.0, 6.0, 6.0, 8.0, None, None, 6.0, None],
    }
    assert [str(table.schema.field(name).type) for name in found] == ["double", "int64", "double"]
    left = warehouse.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert sorted(left) == [("blood",), ("visits",)]


def test_two_rows_of_one_time_in_postgresql(
    warehouse: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, warehouse)
    fill(warehouse, [made.body(7, 1, 1.0), made.body(7, 1, 2.0)], [])
    with pytest.raises(StepFailure, match="patient_id 7, seen_at 2026-01-01T01:00:00"):
        joined(tmp_path, [(7, 2.0)])


def test_a_postgresql_that_is_gone_or_refuses(
    warehouse: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, warehouse, password=WRONG)
    with pytest.raises(StepFailure) as refused:
        joined(tmp_path, [(1, 1.0)])
    assert refused.value.outcome.code == "connection-failed"
    assert "(127.0.0.1:" in str(refused.value) and "refuses" in str(refused.value)
    assert WRONG not in str(refused.value.outcome)
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert written and not any(WRONG.encode() in file.read_bytes() for file in written)
    connect(monkeypatch, warehouse)
    warehouse.stop()
    try:
        with pytest.raises(StepFailure) as gone:
            joined(tmp_path, [(1, 1.0)])
    finally:
        warehouse.start()
    assert gone.value.outcome.code == "connection-failed"
    assert not gone.value.outcome.final


def test_a_live_table_that_changed_under_the_spec(
    tmp_path: Path, warehouse: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, warehouse)
    fill(warehouse, [made.body(1, 0, 1.0)], [made.blood(1, 0, 5.0)])
    warehouse.execute("ALTER TABLE visits RENAME COLUMN bmi TO bmi_")
    warehouse.execute("ALTER TABLE visits RENAME COLUMN ward TO place")
    try:
        with pytest.raises(StepFailure) as changed:
            joined(tmp_path, [(1, 1.0)])
    finally:
        warehouse.execute("ALTER TABLE visits RENAME COLUMN bmi_ TO bmi")
        warehouse.execute("ALTER TABLE visits RENAME COLUMN place TO ward")
    assert changed.value.outcome.code == "missing-column" and changed.value.outcome.final
    assert str(changed.value).splitlines() == [
        "The table public.visits differs from Dataset body in 2 columns:",
        '  - bmi: the spec has float64, the data has no such column (did you mean "bmi_"?)',
        "  - ward: the spec has string, the data has no such column",
    ]


def test_live_tables_are_brought_online(
    warehouse: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, warehouse)
    monkeypatch.setenv("EXAI_FEATURES_OFFLINE_STORE_PASSWORD", warehouse.password)
    repository = made.repository(tmp_path)
    settings = json.loads((repository / "feature_store.yaml").read_text())
    settings["offline_store"] = {
        "type": "postgres",
        "host": warehouse.host,
        "port": warehouse.port,
        "database": warehouse.database,
        "user": warehouse.user,
        "password": "${EXAI_FEATURES_OFFLINE_STORE_PASSWORD}",
        "sslmode": "prefer",
    }
    (repository / "feature_store.yaml").write_text(json.dumps(settings))
    where = "feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source"
    query = 'SELECT "Patient" AS patient_id, seen_at, bmi, visits, ward FROM visits'
    (repository / "exai_sources.py").write_text(
        f"from {where} import PostgreSQLSource\n"
        f"body = PostgreSQLSource(name='body', query={query!r}, timestamp_field='seen_at')\n"
        "blood = PostgreSQLSource(name='blood', table='blood', timestamp_field='drawn_at',\n"
        "    created_timestamp_column='written_at')\n"
    )
    source = {"sql": {"connection": "warehouse", "table": "visits"}}
    dataset = made.inlined("body", source)
    dataset["schema"]["patient_id"]["source"] = "Patient"
    taken = {"view": "body", "dataset": dataset, "folder": str(tmp_path / "taken")}
    begun: list[str] = []

    def live() -> dict[str, Any]:
        """What a materialization does of such a view; the file of the one before is compared."""
        found = ask(repository, "newest", **taken)
        if "error" in found:
            return found
        file = str(tmp_path / "taken" / found["result"]["file"])
        before, begun[:] = (begun[0] if begun else None), [file]
        return ask(repository, "materialize", view="body", rows=file, before=before)

    fill(warehouse, [made.body(1, 5, 20.5, 2**60 + 1), made.body(1, 0, 1.0)], [])
    assert "result" in ask(repository, "apply")
    found = live()["result"]
    assert (found["rows"], found["written"]) == (1, 1)
    assert found["newest"] == "2026-01-01T05:00:00+00:00"
    assert bmi(repository, 1) == [(20.5, "present")]
    fill(warehouse, [made.body(1, 5, 20.6), made.body(2, -5, 2.0), made.body(3, 1, 3.0)], [])
    assert live()["result"]["written"] == 3
    assert bmi(repository, 1, 2) == [(20.6, "present"), (2.0, "present")]
    # Who is gone there goes here, and who stayed is left alone.
    warehouse.execute('DELETE FROM visits WHERE "Patient" = 1')
    assert live()["result"]["written"] == 1
    assert bmi(repository, 1, 2) == [(None, "null"), (2.0, "present")]
    assert live()["result"]["written"] == 0
    warehouse.execute('INSERT INTO visits SELECT * FROM visits WHERE "Patient" = 3')
    assert live()["error"]["code"] == "duplicate-timestamp"
    warehouse.stop()
    try:
        gone = live()["error"]
    finally:
        warehouse.start()
    assert gone["code"] == "connection-failed" and "doesn't answer" in gone["message"]
    warehouse.execute("ALTER TABLE visits RENAME COLUMN bmi TO bmi_")
    warehouse.execute("ALTER TABLE visits DROP COLUMN ward")
    lost = live()["error"]
    assert lost["code"] == "missing-column"
    assert lost["message"].splitlines() == [
        "The table visits differs from Dataset body in 2 columns:",
        '  - bmi: the spec has float64, the data has no such column (did you mean "bmi_"?)',
        "  - ward: the spec has string, the data has no such column",
    ]
    assert bmi(repository, 2) == [(2.0, "present")]
