"""The view for a GitHub workflow: an annotation for each diagnostic, on stdout.

Their form is that of docs.github.com, "Workflow commands for GitHub Actions"; what is escaped is
what the runner turns back (actions/toolkit, `packages/core/src/command.ts`). As on a terminal,
what could hide or reorder text is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exai_runtime.results import Result
from exai_runtime.views.human.paint import printable
from exai_runtime.views.report import Report
from exai_specs.diagnostics import Diagnostic

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = _IN_TEXT | {":": "%3A", ",": "%2C"}


@dataclass(slots=True)
class GithubView(Report):
    def show(self, result: Result, exit_code: int) -> None:
        del exit_code
        for found in result.diagnostics:
            self.out.write(f"{command(found, self.prefix)}\n")
        self.out.flush()


def command(found: Diagnostic, prefix: str) -> str:
    """`::error file=specs/iris.yaml,line=14,col=11,title=unknown-column::...`, always one line."""
    properties = ",".join(
        f"{key}={_escaped(text, _IN_PROPERTY)}" for key, text in _of(found, prefix)
    )
    said = [found.message, found.hint]
    said += [f"{prefix}{at}: {words}" for words, at in found.related]
    text = _escaped("\n".join(part for part in said if part), _IN_TEXT)
    return f"::{_COMMANDS[found.severity]} {properties}::{text}"


def _of(found: Diagnostic, prefix: str) -> Iterator[tuple[str, str]]:
    if found.at.path:
        yield "file", f"{prefix}{found.at.path}"
        yield "line", str(found.at.line)
        yield "col", str(found.at.column)
    yield "title", found.code


def _escaped(text: str, signs: dict[str, str]) -> str:
    return printable("".join(signs.get(sign, sign) for sign in text))
