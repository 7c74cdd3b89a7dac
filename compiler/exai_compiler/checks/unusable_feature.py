"""`unusable-feature`: a column of a type that train-h2o can't learn from, or can't predict.

A request to the model server holds text, numbers and booleans, so nothing else can be a feature.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.columns import TRAINS, text, texts
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import DatasetSpec
from exai_specs.parse import Spec

FEATURES = ("string", "bool", "int32", "int64", "float32", "float64")
# A decimal is predicted as a float64.
TARGETS = (*FEATURES, "decimal")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, graph, step in subject.steps():
        training = TRAINS.get(step.component.name) if step.component else None
        if training is None:
            continue
        data = subject.flows[graph.pipeline.name].table(step.inputs.get(training.data))
        if (dataset := subject.dataset(data)) is None:
            continue
        target = text(step.inputs.get(training.target))
        path = under_with(step.name, training.target)
        yield from _unusable(spec, path, dataset, target, "the target", TARGETS)
        for index, feature in enumerate(texts(step.inputs.get(training.features))):
            path = under_with(step.name, training.features, index)
            yield from _unusable(spec, path, dataset, feature, "a feature", FEATURES)


def _unusable(
    spec: Spec,
    path: Path,
    dataset: tuple[Spec, DatasetSpec],
    name: str,
    what: str,
    usable: tuple[str, ...],
) -> Iterator[Diagnostic]:
    declared, body = dataset
    column = body.schema.get(name)
    if column is not None and str(column.type) not in usable:
        yield Diagnostic(
            "unusable-feature",
            f"`{name}` is {column.type}, which can't be {what}",
            spec.at(*path),
            hint=f"take a column of one of the types {', '.join(usable)}",
            related=(("the column", declared.key_at("spec", "schema", name)),),
        )
