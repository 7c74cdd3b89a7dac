"""Whether what a dataset names is there: the table, its columns, the file's header or schema.

In: a project's datasets and an environment. Out: diagnostics with the place in the spec, one a
dataset with all of its columns. Opens files read-only; never connects to a server. Of a CSV file or
a SQLite table the first rows are looked at, because neither says of which type a column is; a
Parquet file is looked at by the child that knows how, once for each content.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from exai_compiler.inlined import READER, fields_of
from exai_compiler.project import Project
from exai_runtime.local.answers import Answers
from exai_runtime.local.content import ContentCache
from exai_runtime.local.data import content_digest
from exai_runtime.local.drift import Drift, differing, drifted
from exai_runtime.local.questions import Answer, Failure, Question
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import (
    CsvSource,
    DatasetSpec,
    Environment,
    JsonSource,
    ParquetSource,
    Sqlite,
    SqlSource,
)
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.values import frozen

_ROWS = 50  # that are looked at
_ONLY_LATER = frozenset({"missing-extra", "missing-file", "took-too-long", "no-answer"})


@frozen
class Look:
    """How to look: `root` is where relative paths start."""

    root: Path
    content: ContentCache
    answers: Answers


def source_problems(
    project: Project, environment: Environment, look: Look, read: frozenset[str]
) -> Iterator[Diagnostic]:
    """What the specs ask of their sources and the sources don't have."""
    questions: dict[str, tuple[Question, str]] = {}
    specs: dict[str, tuple[Spec, DatasetSpec]] = {}
    for spec, dataset in project.bodies(DatasetSpec):
        if spec.ref.name not in read:
            continue
        match dataset.source:
            case CsvSource(path=path):
                yield from _csv(spec, dataset, look.root / path, path)
            case SqlSource(connection=name, table=str() as table):
                connection = environment.connections.get(name)
                if isinstance(connection, Sqlite) and _settled(look.root / connection.path):
                    yield from _table(spec, dataset, look.root / connection.path, table)
            case JsonSource(path=path) | ParquetSource(path=path):
                try:
                    content = content_digest(look.root / path, look.content)
                except OSError:
                    continue  # a missing file is the data version's to tell
                struct = fields_of(spec.ref.name, dataset, READER)
                questions[spec.ref.name] = (Question(spec.ref.name, "columns", struct), content)
                specs[spec.ref.name] = (spec, dataset)
    for name, answer in look.answers.of(questions).items():
        yield from _answered(*specs[name], answer)


def _answered(spec: Spec, dataset: DatasetSpec, answer: Answer | Failure) -> Iterator[Diagnostic]:
    if isinstance(answer, Failure):
        if answer.code not in _ONLY_LATER:
            at = spec.at("spec", "source")
            yield Diagnostic(answer.code, f"{spec.ref}: {answer.message}", at, hint=answer.hint)
        return
    told = tuple(
        Drift(one["column"], one["spec"], one["data"], one["near"])
        for one in answer.value["drifts"]
    )
    where, present = answer.value["where"], tuple(answer.value["present"])
    yield from drifted(spec, dataset, f"`{where}`", told, present)


def _settled(file: Path) -> bool:
    """Whether all of a SQLite database stands in its one file.

    SQLite can't read a write-ahead log without writing beside it, and a plan writes nothing: then
    it is left to the load step to see whether the table is there.
    """
    log = file.with_name(f"{file.name}-wal")
    return file.is_file() and not (log.exists() and log.stat().st_size)


def _csv(spec: Spec, dataset: DatasetSpec, file: Path, path: str) -> Iterator[Diagnostic]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines)
            header = tuple(next(reader, []))
            rows = [tuple(row) for row in islice(reader, _ROWS)]
    except (OSError, UnicodeDecodeError, csv.Error):
        return  # a missing file is the data version's to tell, a broken one the load step's
    if not header:
        yield Diagnostic(
            "empty-data",
            f"{spec.ref}: `{path}` is empty: it has not even a header",
            spec.at("spec", "source"),
            hint="put rows there, or see that it is the right place",
        )
    else:
        yield from drifted(
            spec, dataset, f"`{path}`", differing(dataset, header, _columns(header, rows)), header
        )


def _table(spec: Spec, dataset: DatasetSpec, file: Path, table: str) -> Iterator[Diagnostic]:
    try:
        address = f"{file.absolute().as_uri()}?immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as database:
            names = [
                str(name)
                for (name,) in database.execute(
                    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
                )
            ]
            columns, rows = _first_rows(database, table) if table in names else ((), [])
    except sqlite3.Error as error:
        yield Diagnostic(
            "unreadable-source",
            f"`{file.name}` can't be read as a SQLite database: {error}",
            spec.at("spec", "source"),
            hint="name a SQLite file in the connection's `path`",
        )
        return
    if not columns:
        close = nearest(table, names)
        yield Diagnostic(
            "missing-table",
            f"`{file.name}` has no table `{table}`",
            spec.at("spec", "source", "sql", "table"),
            hint=f"did you mean `{close}`?"
            if close
            else f"it has: {', '.join(names) or 'no tables'}",
        )
        return
    where = f"table `{table}`"
    yield from drifted(
        spec, dataset, where, differing(dataset, columns, _columns(columns, rows)), columns
    )


def _first_rows(
    database: sqlite3.Connection, table: str
) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    quoted = table.replace('"', '""')
    cursor = database.execute(f'SELECT * FROM "{quoted}" LIMIT {_ROWS}')  # noqa: S608 - an identifier, quoted as SQLite does
    names = tuple(str(column[0]) for column in cursor.description or ())
    return names, cursor.fetchall()


def _columns(
    names: Sequence[str], rows: Sequence[Sequence[object]]
) -> dict[str, tuple[object, ...]]:
    """The first values of each column; a row that is too short has none."""
    return {name: tuple(row[at] for row in rows if at < len(row)) for at, name in enumerate(names)}
