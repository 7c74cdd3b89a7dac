"""A problem is a value: what is wrong, where, what next. Collected all, sorted, decided on once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

from exai_specs.values import frozen, ordered, replace

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@ordered
class Span:
    """A place in a file; line and column count from 1. `str()` is `specs/iris.yaml:14:11`."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@frozen
class Diagnostic:
    """One problem. `code` is a stable word (`unknown-reference`); `hint` says what to do next.
    `environments` are those that it is of; none: of all."""

    code: str
    message: str
    at: Span
    severity: Severity = "error"
    hint: str = ""
    related: tuple[tuple[str, Span], ...] = ()
    environments: tuple[str, ...] = ()


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """All of them once, by place, severity, code and message: the same for any order of files."""
    found: dict[tuple[object, ...], Diagnostic] = {}
    for one in diagnostics:
        key = _order(one)
        before = found.setdefault(key, one)
        if before is not one:
            found[key] = also_of(before, one.environments)
    return tuple([found[key] for key in sorted(found)])


def also_of(one: Diagnostic, environments: tuple[str, ...]) -> Diagnostic:
    """The same, of these environments, too."""
    both = one.environments and environments and (*one.environments, *environments)
    both = tuple(sorted({*both}))
    return one if both == one.environments else replace(one, environments=both)


def _order(one: Diagnostic) -> tuple[object, ...]:
    """All that it says. Two are the same that say the same, whatever environments they are of."""
    # The parts of the place, not the place: what hashes and compares is C, and there may be many
    # thousands.
    at, severity = one.at, SEVERITIES.index(one.severity)
    return (at.path, at.line, at.column, severity, one.code, one.message, one.hint, one.related)


def secrets_alone(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Without what else is told of the very place of a secret: another value belongs there."""
    listed = list(found)
    first: dict[Span, Diagnostic] = {}
    for each in listed:
        if each.code == "secret-in-spec":
            first.setdefault(each.at, each)
    return [each for each in listed if first.get(each.at, each) == each] if first else listed


MAX_PROBLEMS = 100
"""Of one document: more help nobody, and a hostile file could have a hundred thousand."""


MAX_IN_FILE = 1000
"""Of one file: the rest of it isn't looked at."""


MORE = "more-problems"
"""Says that a list of problems is cut."""


def more_problems(
    at: Span, most: int = MAX_PROBLEMS, of: Literal["document", "file", "kind"] = "document"
) -> Diagnostic:
    """Says that a document or file has problems that aren't listed."""
    message = f"only the first {most} problems of this {of} are listed"
    return Diagnostic(MORE, message, at, hint="mend these, and look again")


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them forbids going on."""
    return any(d.severity == "error" for d in diagnostics)


def raised(
    found: Iterable[Diagnostic], strict: bool, codes: Collection[str]
) -> tuple[Diagnostic, ...]:
    """With `strict` every warning is an error; so is what has one of the codes."""
    return tuple(
        replace(each, severity="error")
        if each.code in codes or (strict and each.severity == "warning")
        else each
        for each in found
    )
