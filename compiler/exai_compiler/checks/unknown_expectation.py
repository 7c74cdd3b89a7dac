"""`unknown-expectation`: an expectation, or an argument of one, that Great Expectations doesn't
have. `unusable-expectation`: one without an argument that it needs, with one of a wrong kind, or
that no data can meet.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.argument_kinds import Kinds, described, is_one, number, texts_of
from exai_compiler.checks.expectation_table import ExpectationTable, expectation_table
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json
from exai_specs.kinds import DatasetSpec
from exai_specs.regexes import regex
from exai_specs.types import called

_DATE = regex(r"\d{4}-\d{2}-\d{2}\b")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(DatasetSpec):
        for index, expectation in enumerate(body.quality.expectations):
            path: Path = ("spec", "quality", "expectations", index, expectation.name)
            table = expectation_table()
            arguments = table.expectations.get(expectation.name)
            if arguments is None:
                yield Diagnostic(
                    "unknown-expectation",
                    f"Great Expectations {table.version} has no `{expectation.name}`",
                    spec.key_at(*path),
                    hint=_meant(expectation.name, table),
                )
                continue
            for argument, value in expectation.args.items():
                if argument in arguments:
                    if not is_one(value, arguments[argument]):
                        yield _of_wrong_kind(
                            expectation.name,
                            *(argument, value, arguments[argument]),
                            spec.at(*path, argument),
                        )
                else:
                    yield Diagnostic(
                        "unknown-expectation",
                        f"`{expectation.name}` takes no argument `{argument}`",
                        spec.key_at(*path, argument),
                        hint=did_you_mean(argument, arguments),
                    )
            for needed in table.required.get(expectation.name, ()):
                if needed not in expectation.args:
                    yield Diagnostic(
                        "unusable-expectation",
                        f"`{expectation.name}` needs `{needed}`",
                        spec.key_at(*path),
                        hint=f"add {needed}",
                    )
            if _crossed(expectation.args.get("min_value"), expectation.args.get("max_value")):
                yield Diagnostic(
                    "unusable-expectation",
                    "`max_value` is less than `min_value`, so no data would ever do",
                    spec.at(*path, "max_value"),
                    hint="change one of them",
                    related=(("at least", spec.at(*path, "min_value")),),
                )


def _of_wrong_kind(name: str, argument: str, value: Json, kinds: Kinds, at: Span) -> Diagnostic:
    texts = texts_of(kinds)
    return Diagnostic(
        "unusable-expectation",
        f"`{argument}` of `{name}` must be {described(kinds)}, not {called(value)}",
        at,
        hint=did_you_mean(value, texts) if isinstance(value, str) and texts else "change it",
    )


def _crossed(least: Json, most: Json) -> bool:
    """Whether nothing is between them; a text is a number or a date, as it is read."""
    low, high = number(least), number(most)
    if low is not None and high is not None:
        return high < low
    if isinstance(least, str) and isinstance(most, str):
        dates = _DATE.match(least) and _DATE.match(most)
        return bool(dates) and most < least
    return False


def _meant(name: str, table: ExpectationTable) -> str:
    """The one name that is near: all of them would fill a screen."""
    from exai_specs.nearest import nearest

    found = nearest(name, table.expectations)
    if found is not None:
        return f'did you mean "{found}"?'
    return "their names are listed at https://greatexpectations.io/expectations"
