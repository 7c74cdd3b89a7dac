"""`unknown-expectation`: an expectation, or an argument of one, that Great Expectations doesn't
have. `unusable-expectation`: one without an argument that it needs, or that no data can meet.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.expectation_table import ExpectationTable, expectation_table
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.frozen import Json
from exai_specs.kinds import DatasetSpec


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
            for argument in expectation.args:
                if argument not in arguments:
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


def _crossed(least: Json, most: Json) -> bool:
    """Whether nothing is between them; dates are texts."""
    if isinstance(least, str) and isinstance(most, str):
        return most < least
    if isinstance(least, int | float) and isinstance(most, int | float):
        return most < least
    return False


def _meant(name: str, table: ExpectationTable) -> str:
    """The one name that is near: all of them would fill a screen."""
    from exai_specs.nearest import nearest

    found = nearest(name, table.expectations)
    if found is not None:
        return f'did you mean "{found}"?'
    return "their names are listed at https://greatexpectations.io/expectations"
