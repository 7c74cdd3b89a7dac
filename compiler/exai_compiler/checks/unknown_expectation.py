"""`unknown-expectation`: an expectation, or an argument of one, that Great Expectations doesn't
have.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.expectation_table import ExpectationTable, expectation_table
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
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


def _meant(name: str, table: ExpectationTable) -> str:
    """The one name that is near: all of them would fill a screen."""
    from exai_specs.nearest import nearest

    found = nearest(name, table.expectations)
    if found is not None:
        return f'did you mean "{found}"?'
    return "their names are listed at https://greatexpectations.io/expectations"
