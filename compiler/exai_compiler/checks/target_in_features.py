"""`target-in-features`: a model that is given what it should predict, by its name or through a
feature view.

`key-in-features` warns of row identifiers.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import under_with
from exai_compiler.columns import TRAINS, Table, text, texts
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import FeatureViewSpec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, step, arriving in subject.leaves():
        training = TRAINS.get(step.component.name) if step.component else None
        if training is None:
            continue
        target = text(step.inputs.get(training.target))
        table = arriving(training.data)
        features = texts(step.inputs.get(training.features))
        path = under_with(step.path, training.target)
        for index, feature in enumerate(features):
            here = under_with(step.path, training.features, index)
            if feature == target:
                yield Diagnostic(
                    "target-in-features",
                    f"`{feature}` is the target, and the model would be given the answer",
                    spec.at(*here),
                    hint="take it out of the features",
                    related=(("the target", spec.at(*path)),),
                )
            elif (key := _key(subject, table, feature)) is not None:
                yield Diagnostic(
                    "key-in-features",
                    f"`{feature}` identifies a row; a model learns nothing general from it",
                    spec.at(*here),
                    "warning",
                    "take it out of the features",
                    (("declared as key here", key),),
                )
            elif (leak := _leak(subject, table, target, feature)) is not None:
                source, place = leak
                yield Diagnostic(
                    "target-in-features",
                    f"`{feature}` is made of the features of `{source}`, and the target "
                    f"`{target}` is one of them",
                    spec.at(*here),
                    hint="take the target out of that view, or leave this feature out",
                    related=(
                        ("the target", spec.at(*path)),
                        ("the target as a feature", place),
                    ),
                )


def _key(subject: Subject, table: Table, name: str) -> Span | None:
    """Where a column is declared as a key: of the rows, or of an entity."""
    dataset = subject.dataset(table.dataset)
    if dataset is not None and name in dataset[1].key:
        return dataset[0].key_at("spec", "key")
    service = subject.services.get(table.service)
    for entity, key in service.entities.items() if service else ():
        found = subject.project.find("Entity", entity)
        if key.column == name and found is not None:
            return found.at("metadata", "name")
    return None


def _leak(subject: Subject, table: Table, target: str, name: str) -> tuple[str, Span] | None:
    """A view that gives the function behind a feature the very column that is the target, and where
    it says so.
    """
    service = subject.services.get(table.service)
    feature = service.columns.get(name) if service is not None else None
    view = subject.project.body(FeatureViewSpec, feature.view) if feature is not None else None
    for source in view.transform.sources if view is not None and view.transform else ():
        found = subject.project.find("FeatureView", source)
        body = subject.project.body(FeatureViewSpec, source)
        if found is None or body is None or body.dataset != table.dataset:
            continue
        if target in body.features:
            return source, found.at("spec", "features", body.features.index(target))
    return None
