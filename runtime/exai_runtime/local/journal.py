"""What the journal says of one model: every verdict and every move of an alias, since the first
apply.

In: the control plane's file, a model's name. Out: events in their order. The file may be of an
older exai, which kept no commits and no details: then a move is read from the words of its line.
Writes nothing.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from exai_compiler.facts import Verdict
from exai_runtime.local import ledger
from exai_runtime.registered import parse_verdict
from exai_runtime.run_results import Applying, Judged, Moved
from exai_specs.regexes import regex

Event = Judged | Moved

_LINES = """
SELECT line, apply, verb, subject, at, detail FROM journal
WHERE (verb = 'judge' AND subject = ? AND result = 'succeeded')
   OR (verb = 'move' AND result = 'moved' AND substr(subject, 1, ?) = ?)
ORDER BY line"""
_VERSION = regex(r"version (\d+)")


def events(path: Path, model: str) -> tuple[Event, ...]:
    """Oldest first. Raises TargetError as `ledger.read` does."""
    return ledger.look(path, lambda database: _events(database, model), ())


def _events(database: sqlite3.Connection, model: str) -> tuple[Event, ...]:
    subject, prefix = f"Model/{model}", f"Model/{model}@"
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    if "journal" not in tables:
        return ()
    known: dict[int, tuple[Any, ...]] = {}
    applies: dict[int, tuple[Any, ...]] = {}
    if {"applies", "model_events"} <= tables:
        known = {
            line: tuple(rest)
            for line, *rest in database.execute(
                "SELECT line, version, was, verdict FROM model_events WHERE model = ?", (model,)
            )
        }
        applies = {
            number: tuple(rest)
            for number, *rest in database.execute(
                "SELECT apply, at, git_commit, branch FROM applies"
            )
        }
    stood: dict[str, int] = {}
    found: list[Event] = []
    for line, number, verb, about, at, detail in database.execute(
        _LINES, (subject, len(prefix), prefix)
    ):
        began, commit, branch = applies.get(number, (at, "", ""))
        apply = Applying(int(number), float(began), commit, branch)
        version, was, verdict = known.get(line, (_said(detail), None, ""))
        if not version:
            continue
        if verb == "judge":
            found.append(Judged(float(at), int(version), _verdict(verdict), apply))
            continue
        alias = about.removeprefix(prefix)
        came_from = was if line in known else stood.get(alias)
        stood[alias] = int(version)
        found.append(Moved(float(at), alias, came_from, int(version), apply))
    return tuple(found)


def _said(detail: str) -> int:
    """The version in `to version 3` or `version 3 passed its gates`; 0 when there is none."""
    match = _VERSION.search(detail)
    return int(match[1]) if match else 0


def _verdict(text: str) -> Verdict | None:
    with suppress(ValueError, KeyError, TypeError):
        return parse_verdict(json.loads(text))
    return None
