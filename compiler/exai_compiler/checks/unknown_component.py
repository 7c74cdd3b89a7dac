"""`unknown-component`: `uses` names nothing in the catalog."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_specs.diagnostics import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, _, step in subject.steps():
        if step.component is None and step.spec.uses and not step.spec.component_file:
            yield Diagnostic(
                "unknown-component",
                f"there is no component `{step.spec.uses}`",
                spec.at(*step.path, "uses"),
                hint=did_you_mean(step.spec.uses, subject.catalog.components),
            )
