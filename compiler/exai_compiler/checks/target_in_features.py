"""`target-in-features`: a model that is given what it should predict.

`key-in-features` warns of row identifiers.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import under_with
from exai_compiler.columns import TRAINS, text, texts
from exai_specs.diagnostics import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, graph, step in subject.steps():
        training = TRAINS.get(step.component.name) if step.component else None
        if training is None:
            continue
        target = text(step.inputs.get(training.target))
        data = subject.flows[graph.pipeline.name].table(step.inputs.get(training.data))
        dataset = subject.dataset(data)
        for index, feature in enumerate(texts(step.inputs.get(training.features))):
            path = under_with(step.name, training.features, index)
            if feature == target:
                yield Diagnostic(
                    "target-in-features",
                    f"`{feature}` is the target, and the model would be given the answer",
                    spec.at(*path),
                    hint="take it out of the features",
                    related=(("the target", spec.at(*under_with(step.name, training.target))),),
                )
            elif dataset is not None and feature in dataset[1].key:
                yield Diagnostic(
                    "key-in-features",
                    f"`{feature}` identifies a row; a model learns nothing general from it",
                    spec.at(*path),
                    "warning",
                    "take it out of the features",
                    (("declared as key here", dataset[0].key_at("spec", "key")),),
                )
