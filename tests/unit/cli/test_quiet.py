"""`--quiet`: the result, and errors."""

from __future__ import annotations

from io import StringIO

from exai_runtime.results import Refused
from exai_runtime.views.human.view import HumanView
from exai_specs.diagnostics import Diagnostic, Severity, Span

LEVELS: tuple[Severity, ...] = ("error", "warning", "note")
FOUND = tuple(
    Diagnostic(f"an-{level}", f"something of level {level}", Span(""), level) for level in LEVELS
)


def said(quiet: bool) -> str:
    err = StringIO()
    HumanView("plan", quiet=quiet, out=StringIO(), err=err).show(Refused(FOUND), 1)
    return err.getvalue()


def test_quiet_leaves_the_errors_alone() -> None:
    assert "an-warning" in said(False) and "an-note" in said(False)
    assert "an-error" in said(True)
    assert "warning" not in said(True) and "note" not in said(True)


def test_nothing_is_said_where_nothing_is_wrong() -> None:
    err = StringIO()
    HumanView("plan", quiet=True, out=StringIO(), err=err).show(Refused(FOUND[1:]), 1)
    assert err.getvalue() == ""
