"""`unusable-feature`: a column of a type that train-h2o can't learn from, or can't predict.

A request to the model server holds text, numbers and booleans, so nothing else can be a feature.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Column, Subject
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.columns import TRAINS, text, texts
from exai_specs.diagnostics import Diagnostic
from exai_specs.parse import Spec

FEATURES = ("string", "bool", "int32", "int64", "float32", "float64")
# A decimal is predicted as a float64.
TARGETS = (*FEATURES, "decimal")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, step, arriving in subject.leaves():
        training = TRAINS.get(step.component.name) if step.component else None
        if training is None:
            continue
        data = arriving(training.data)
        target = text(step.inputs.get(training.target))
        path = under_with(step.path, training.target)
        column = subject.column(data, target)
        yield from _unusable(spec, path, target, column, "the target", TARGETS)
        for index, feature in enumerate(texts(step.inputs.get(training.features))):
            path = under_with(step.path, training.features, index)
            column = subject.column(data, feature)
            yield from _unusable(spec, path, feature, column, "a feature", FEATURES)


def _unusable(
    spec: Spec,
    path: Path,
    name: str,
    column: Column | None,
    what: str,
    usable: tuple[str, ...],
) -> Iterator[Diagnostic]:
    if column is not None and str(column.type) not in usable:
        yield Diagnostic(
            "unusable-feature",
            f"`{name}` is {column.type}, which can't be {what}",
            spec.at(*path),
            hint=f"take a column of one of the types {', '.join(usable)}",
            related=(("the column", column.at),),
        )
