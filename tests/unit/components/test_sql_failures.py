"""What a database answers, with what to do about it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy

from exai_components.load_dataset.sql_failure import explained

MEND = "Mend the query in the Dataset's source: the database can't read it"
NAMES = "See the names in the Dataset's source: the database has no such table or column"
REACH = "See that the database is up, and that its user may read"


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("SELEC 1", MEND),
        ("SELECT (1", MEND),
        ("SELECT 1 WHERE ?", REACH),
        ("SELECT * FROM absent", NAMES),
        ("SELECT absent FROM there", NAMES),
    ],
)
def test_sqlite_says_what_to_mend(tmp_path: Path, query: str, hint: str) -> None:
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE there (a INTEGER)")
        with pytest.raises(sqlalchemy.exc.DBAPIError) as raised:
            connection.exec_driver_sql(query)
    found = explained(raised.value, "sqlite", "warehouse", "").outcome
    assert (found.code, found.hint, found.final) == ("database-error", hint, True)


@pytest.mark.parametrize(
    ("state", "hint"),
    [("42601", MEND), ("42P01", NAMES), ("42703", NAMES), ("42501", REACH)],
)
def test_postgresql_says_it_by_its_state(state: str, hint: str) -> None:
    raised: Any = SimpleNamespace(orig=SimpleNamespace(sqlstate=state))
    assert explained(raised, "postgresql", "warehouse", "db:5432").outcome.hint == hint
