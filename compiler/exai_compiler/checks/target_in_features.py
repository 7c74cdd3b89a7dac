"""`target-in-features`: a model that is given what it should predict.

`key-in-features` warns of row identifiers.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject, under_with
from exai_compiler.columns import TRAINS, text, texts
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import DatasetSpec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, graph, step in subject.steps():
        training = TRAINS.get(step.component.name) if step.component else None
        if training is None:
            continue
        target = text(step.inputs.get(training.target))
        dataset = subject.flows[graph.pipeline.name].table(step.inputs.get(training.data))
        body = subject.project.body(DatasetSpec, dataset) if dataset else None
        for index, feature in enumerate(texts(step.inputs.get(training.features))):
            at = spec.at(*under_with(step, training.features, index))
            if feature == target:
                yield Diagnostic(
                    "target-in-features",
                    f"`{feature}` is the target, and the model would be given the answer",
                    at,
                    hint="take it out of the features",
                    related=(("the target", spec.at(*under_with(step, training.target))),),
                )
            elif body is not None and feature in body.key:
                place = subject.project.find("Dataset", dataset)
                yield Diagnostic(
                    "key-in-features",
                    f"`{feature}` identifies a row; a model learns nothing general from it",
                    at,
                    "warning",
                    "take it out of the features",
                    ()
                    if place is None
                    else (("declared as key here", place.key_at("spec", "key")),),
                )
