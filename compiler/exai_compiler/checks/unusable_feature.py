"""`unusable-feature`: a column of a type that train-h2o can't learn from, or can't predict.

A request to the model server holds text, numbers and booleans, so nothing else can be a feature.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.tables import Column
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.parse import Spec

FEATURES = ("string", "bool", "int32", "int64", "float32", "float64")
# A decimal is predicted as a float64.
TARGETS = (*FEATURES, "decimal")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for each in subject.trained:
        target = each.target_column
        yield from _unusable(
            each.spec, each.target_path, each.target, target, "the target", TARGETS
        )
        for index, name in enumerate(each.features):
            if (type_ := each.columns.type_of(name)) is not None and str(type_) not in FEATURES:
                path, column = each.feature_path(index), each.columns.get(name)
                yield from _unusable(each.spec, path, name, column, "a feature", FEATURES)


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
