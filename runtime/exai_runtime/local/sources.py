"""Whether what a dataset names is there: the table, its columns, the file's header.

In: a project's datasets and an environment. Out: diagnostics with the place in the spec. Opens
files read-only; never connects to a server, never reads a row beyond a CSV's header.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import CsvSource, DatasetSpec, Environment, Sqlite, SqlSource
from exai_specs.nearest import nearest
from exai_specs.parse import Spec


def source_problems(
    project: Project, environment: Environment, root: Path, read: frozenset[str]
) -> Iterator[Diagnostic]:
    """What the specs ask of their sources and the sources don't have.

    `root` is where relative paths start.
    """
    for spec, dataset in project.bodies(DatasetSpec):
        if spec.ref.name not in read:
            continue
        match dataset.source:
            case CsvSource(path=path):
                yield from _csv(spec, dataset, root / path, path)
            case SqlSource(connection=name, table=str() as table):
                connection = environment.connections.get(name)
                if isinstance(connection, Sqlite) and _settled(root / connection.path):
                    yield from _table(spec, dataset, root / connection.path, table)


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
            header = next(csv.reader(lines), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return  # a missing file is the data version's to tell, a broken one the load step's
    yield from _columns(spec, dataset, tuple(header), f"`{path}`")


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
            columns = tuple(
                str(name)
                for (name,) in database.execute("SELECT name FROM pragma_table_info(?)", (table,))
            )
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
    yield from _columns(spec, dataset, columns, f"table `{table}`")


def _columns(
    spec: Spec, dataset: DatasetSpec, there: tuple[str, ...], where: str
) -> Iterator[Diagnostic]:
    for name, column in dataset.schema.items():
        wanted = column.source or name
        if wanted in there:
            continue
        close = nearest(wanted, there)
        yield Diagnostic(
            "missing-column",
            f"{where} has no column `{wanted}`",
            spec.at("spec", "schema", name, "source")
            if column.source
            else spec.key_at("spec", "schema", name),
            hint=f"did you mean `{close}`?" if close else f"it has: {', '.join(there)}",
        )
