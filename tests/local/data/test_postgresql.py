"""A real PostgreSQL: its types, its rows, its refusals, and its end in the middle of a read."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from servers import Postgres, postgres

from exai_components.outcome import Outcome, StepFailure

pytestmark = pytest.mark.slow
Load = Callable[..., Any]


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        running.execute(
            "CREATE TABLE orders (order_id bigint, amount numeric, customer text, more int)"
        )
        running.execute(
            "INSERT INTO orders VALUES (2, 20.5, 'Bob', 1), (1, 10, 'Anna', 1), (3, 0, NULL, 1)"
        )
        yield running


@pytest.fixture
def connected(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> Postgres:
    where = {"host": server.host, "port": server.port, "database": server.database}
    monkeypatch.setenv("EXAI_CONNECTION_PG", json.dumps({"postgresql": {**where, "user": "exai"}}))
    monkeypatch.setenv("EXAI_CONNECTION_PG_PASSWORD", server.password)
    return server


def table(name: str) -> dict[str, Any]:
    return {"sql": {"connection": "pg", "table": name}}


def query(text: str) -> dict[str, Any]:
    return {"sql": {"connection": "pg", "query": text}}


def refused(load: Load, *asked: Any) -> Outcome:
    with pytest.raises(StepFailure) as caught:
        load(*asked)
    return caught.value.outcome


ROW = """
    7::int8, 3::int2, 1.5::float4, 2.25::float8, 0.10::numeric(10, 2), true, 'ü'::text,
    'ab'::char(4), '\\x00ff'::bytea, date '2026-11-20', timestamp '2026-11-20 10:00:00.000001',
    timestamptz '2026-11-20 10:00:00+02', '{"b": [1], "a": "x"}'::jsonb,
    '12345678-1234-5678-1234-567812345678'::uuid, ARRAY[1, 2]::int8[], ARRAY['x', 'y']
"""
TYPES: dict[str, Any] = {
    "big": "int64", "small": "int32", "half": "float32", "full": "float64", "exact": "decimal",
    "flag": "bool", "text": "string", "padded": "string", "raw": "bytes", "day": "date",
    "naive": "timestamp", "aware": "timestamp", "doc": "json", "id": "uuid",
    "numbers": {"type": {"list": "int64"}}, "words": {"type": {"list": "string"}},
}  # fmt: skip


def test_every_type_arrives_as_it_is(load: Load, connected: Postgres) -> None:
    names = ", ".join(f'"{name}"' for name in TYPES)
    nothing = ", ".join(["NULL"] * len(TYPES))
    connected.execute(f"CREATE VIEW kinds AS SELECT * FROM (SELECT {ROW}) v ({names})")  # noqa: S608 - the test's own text
    connected.execute(f"CREATE VIEW nothing AS SELECT * FROM kinds UNION ALL SELECT {nothing}")  # noqa: S608 - likewise
    got = load(table("nothing"), TYPES)
    first, second = got.to_pylist()
    assert first == {
        "big": 7, "small": 3, "half": 1.5, "full": 2.25, "exact": Decimal("0.10"), "flag": True,
        "text": "ü", "padded": "ab  ", "raw": b"\x00\xff", "day": date(2026, 11, 20),
        "naive": datetime(2026, 11, 20, 10, 0, 0, 1, UTC),
        "aware": datetime(2026, 11, 20, 8, tzinfo=UTC), "doc": '{"a": "x", "b": [1]}',
        "id": "12345678-1234-5678-1234-567812345678", "numbers": [1, 2], "words": ["x", "y"],
    }  # fmt: skip
    assert set(second.values()) == {None}


@pytest.mark.usefixtures("connected")
def test_many_rows_come_in_pieces_and_in_order_of_the_key(load: Load) -> None:
    got = load(
        query("SELECT 120000 - n AS n, n % 7 AS rest FROM generate_series(1, 120000) n"),
        {"n": "int64", "rest": "int32"},
        ("n",),
    )
    assert got.column("n").to_pylist() == list(range(120_000))
    assert got.column("rest").num_chunks >= 1


def test_a_schema_that_changed_is_one_difference(load: Load, connected: Postgres) -> None:
    connected.execute("CREATE TABLE moved (id int, amont float8, day text, paid timestamptz)")
    connected.execute("INSERT INTO moved VALUES (1, 1, 'x', now())")
    schema = {"id": "int64", "amount": "float64", "day": "date", "paid": "float64"}
    outcome = refused(load, table("moved"), schema)
    assert (outcome.code, outcome.final) == ("missing-column", True)
    assert outcome.message.splitlines() == [
        "The table moved differs from Dataset d in 2 columns:",
        '  - amount: the spec has float64, the data has no such column (did you mean "amont"?)',
        "  - paid: the spec has float64, the data has timestamp",
    ]
    schema["amont"] = schema.pop("amount")
    assert refused(load, table("moved"), schema).code == "changed-type"


def test_what_the_server_refuses_is_said_once(load: Load, connected: Postgres) -> None:
    connected.execute("CREATE TABLE empty (id int)")
    one = {"id": "int64"}
    for source, code, words in (
        (table("ordres"), "missing-table", 'Did you mean "orders"?'),
        (table("empty"), "empty-data", "The table empty is empty"),
        (query("SELECT id FROM empty"), "empty-data", "The query's result is empty"),
        (query("SELEC 1"), "database-error", "syntax error"),
        (query("SELECT 5 % 0 AS id"), "database-error", "division by zero"),
        (query("CREATE TABLE more (id int)"), "database-error", "syntax error"),
        (query("INSERT INTO empty VALUES (1) RETURNING id"), "database-error", ""),
        (query("SELECT nextval('orders_seq') AS id"), "database-error", "read-only"),
    ):
        if "orders_seq" in str(source):
            connected.execute("CREATE SEQUENCE orders_seq")
        outcome = refused(load, source, one)
        assert (outcome.code, outcome.final) == (code, True), outcome
        assert words in outcome.line()
        assert "\n" not in outcome.line()
    assert connected.execute("SELECT count(*) FROM empty") == [(0,)]


def test_a_wrong_password_and_an_absent_server(
    load: Load, connected: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAI_CONNECTION_PG_PASSWORD", "not-this-one")
    outcome = refused(load, table("orders"), {"order_id": "int64"})
    assert (outcome.code, outcome.final) == ("connection-failed", True)
    assert f"pg ({connected.host}:{connected.port}) refuses" in outcome.message
    assert "not-this-one" not in str(outcome)
    where = {"host": connected.host, "port": 1, "database": "ml", "user": "exai"}
    monkeypatch.setenv("EXAI_CONNECTION_PG", json.dumps({"postgresql": where}))
    outcome = refused(load, table("orders"), {"order_id": "int64"})
    assert (outcome.code, outcome.final) == ("connection-failed", False)
    assert f"({connected.host}:1) doesn't answer: Connection refused" in outcome.message


def test_a_server_that_ends_in_the_middle_of_a_read(load: Load, connected: Postgres) -> None:
    slow = "SELECT n AS id, pg_sleep(0.001) FROM generate_series(1, 1000000) n"

    def end() -> None:
        while not connected.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'exai' AND state = 'active'"
        ):
            time.sleep(0.05)
        time.sleep(0.3)
        connected.stop()

    ending = threading.Thread(target=end)
    ending.start()
    try:
        outcome = refused(load, query(slow), {"id": "int64"})
    finally:
        ending.join()
        connected.start()
    assert (outcome.code, outcome.final) == ("connection-lost", False)
    assert f"pg ({connected.host}:{connected.port}) broke off" in outcome.message


CONNECTIONS = """\
      secrets: {{db: {{env: SHOP_DB_}}}}
      connections:
        shop:
          postgresql:
            {{host: {host}, port: {port}, database: ml, user: exai,
             password: {{secret: db, key: pw}}}}
"""
SOURCE = "{sql: {connection: shop, table: orders}}"


def with_server(project: Any, server: Postgres, version: str = "", port: int = 0) -> Any:
    environment = CONNECTIONS.format(host=server.host, port=port or server.port)
    project.write(SOURCE, version, environment)
    project.env["SHOP_DB_PW"] = server.password
    return project


def verbs(project: Any) -> list[str]:
    return [change["verb"] for change in project.json("plan")["result"]["changes"]]


def test_from_a_table_to_a_run_and_on_to_the_next_row(project: Any, server: Postgres) -> None:
    with_server(project, server, "{query: SELECT max(order_id) FROM orders}")
    project.exai("apply", "--yes")
    (result,) = (project.root / ".exai/local/runs").glob("*/result.json")
    assert json.loads(result.read_text())["data"] == {"orders": "query:[3]"}
    assert verbs(project) == []
    server.execute("INSERT INTO orders VALUES (4, 1.5, 'Cleo', 1)")
    try:
        told = project.exai("plan")
        assert "new data in Dataset/orders" in told
        assert verbs(project) == ["run"]
    finally:
        server.execute("DELETE FROM orders WHERE order_id = 4")
    assert verbs(project) == [], "the old rows again: their run is known"
    assert project.holds(server.password) == []


def test_a_snapshot_sees_every_declared_value(project: Any, server: Postgres) -> None:
    def version() -> str:
        (run,) = (
            change
            for change in project.json("plan")["result"]["changes"]
            if change["verb"] == "run"
        )
        return str(run["key"])

    with_server(project, server, "snapshot")
    first = version()
    server.execute("UPDATE orders SET more = more + 1")
    assert version() == first, "nobody declared that column"
    server.execute("UPDATE orders SET amount = amount + 1 WHERE order_id = 2")
    try:
        assert version() != first
    finally:
        server.execute("UPDATE orders SET amount = amount - 1 WHERE order_id = 2")
    assert version() == first


def test_a_server_that_nobody_watches_is_said(project: Any, server: Postgres) -> None:
    with_server(project, server)
    assert "its data is not watched" in project.exai("plan")
    with_server(project, server, "none")
    assert "not watched" not in project.exai("plan")


def test_a_wrong_password_is_told_and_the_rest_is_planned(project: Any, server: Postgres) -> None:
    with_server(project, server, "snapshot")
    project.env["SHOP_DB_PW"] = "wrong-password-1"
    told = project.json("plan", code=1)
    (problem,) = told["diagnostics"]
    assert problem["code"] == "connection-failed"
    lines = (project.root / "exai.yaml").read_text().splitlines()
    assert problem["at"]["path"] == "exai.yaml"
    assert lines[problem["at"]["line"] - 1] == f"  source: {SOURCE}"
    assert f"{server.host}:{server.port}" in problem["message"]
    assert "password authentication failed" in problem["message"]
    assert "create" in [change["verb"] for change in told["result"]["changes"]]
    (waiting,) = told["result"]["waiting"]
    assert waiting["waitsFor"] == "Dataset/orders"
    said = project.exai("plan", code=1) + project.exai("apply", "--yes", code=1)
    said += project.exai("data", "preview", "orders", code=1)
    assert "connection-failed" in said
    assert "wrong-password-1" not in said
    assert project.holds("wrong-password-1") == []
    del project.env["SHOP_DB_PW"]
    assert "secret-missing" in project.exai("plan", code=1)


def test_an_absent_server_ends_a_run_with_a_reason(project: Any, server: Postgres) -> None:
    with_server(project, server, "none", port=1)
    told = project.exai("apply", "--yes", code=1)
    assert f"The connection shop ({server.host}:1) doesn't answer" in told
    assert project.holds(server.password) == []
    with_server(project, server, "{query: SELECT 1}", port=1)
    assert "connection-failed" in project.exai("plan", code=1)


def test_a_version_query_that_takes_for_ever_is_ended(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    from exai_components.data.versions import query_version

    where = {"host": server.host, "port": server.port, "database": "ml", "user": "exai"}
    monkeypatch.setenv("EXAI_CONNECTION_PG", json.dumps({"postgresql": where}))
    monkeypatch.setenv("EXAI_CONNECTION_PG_PASSWORD", server.password)
    started = time.monotonic()
    with pytest.raises(StepFailure) as caught:
        query_version({"source": table("orders")}, "SELECT pg_sleep(60)", 0.5)
    assert "took too long" in caught.value.outcome.message
    assert time.monotonic() - started < 10


def test_a_preview_masks_what_tells_who_somebody_is(project: Any, server: Postgres) -> None:
    with_server(project, server)
    told = project.json("data", "preview", "orders", "--rows", "2")["result"]
    columns = {column["name"]: column for column in told["columns"]}
    assert told["rows"] == 3
    assert columns["order_id"] == {
        "name": "order_id", "source": "order_id", "declared": "int64", "found": "int64",
        "there": True, "fits": True, "masked": False, "nulls": 0, "distinct": 3,
        "moreDistinct": False, "min": 1, "max": 3,
    }  # fmt: skip
    assert (columns["amount"]["found"], columns["amount"]["max"]) == ("decimal", "20.5")
    assert (columns["customer"]["nulls"], columns["customer"]["min"]) == (1, None)
    assert (columns["more"]["declared"], columns["more"]["found"]) == (None, "int32")
    assert [row["customer"] for row in told["sample"]] == ["***", "***"]
    text = project.exai("data", "preview", "orders")
    assert "Anna" not in text + json.dumps(told)
    assert "masked" in text
