"""`duplicate-feature`: a column that stands twice in a list of features."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import under_with
from exai_compiler.columns import TRAINS, texts
from exai_specs.diagnostics import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, step, _ in subject.leaves():
        training = TRAINS.get(step.component.name) if step.component else None
        if training is None:
            continue
        first: dict[str, int] = {}
        for index, feature in enumerate(texts(step.inputs.get(training.features))):
            if first.setdefault(feature, index) != index:
                yield Diagnostic(
                    "duplicate-feature",
                    f"`{feature}` stands twice among the features",
                    spec.at(*under_with(step.path, training.features, index)),
                    hint="take one away",
                    related=(
                        (
                            "the first",
                            spec.at(*under_with(step.path, training.features, first[feature])),
                        ),
                    ),
                )
