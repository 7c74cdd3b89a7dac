"""`unknown-component`: `uses` names nothing in the catalog."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_specs.diagnostics import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, _, step in subject.steps_of(("",)):
        name = step.spec.uses
        if step.component is None and name is not None and not step.spec.component_file:
            yield Diagnostic(
                "unknown-component",
                f"there is no component `{name}`",
                spec.at(*step.path, "uses"),
                hint=did_you_mean(name, subject.catalog.components),
            )
