"""`target-in-features`: a model that is given what it should predict, by its name or through a
feature view.

`key-in-features` warns of row identifiers.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.tables import Columns
from exai_compiler.checks.trained import Trained
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import FeatureViewSpec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for trained in subject.trained:
        spec, target, keys = trained.spec, trained.target, _keys(trained.columns)
        for index, feature in enumerate(trained.features):
            if feature == target:
                yield Diagnostic(
                    "target-in-features",
                    f"`{feature}` is the target, and the model would be given the answer",
                    spec.at(*trained.feature_path(index)),
                    hint="take it out of the features",
                    related=(("the target", spec.at(*trained.target_path)),),
                )
            elif feature in keys and (key := _key(subject, trained.columns, feature)) is not None:
                yield Diagnostic(
                    "key-in-features",
                    f"`{feature}` identifies a row; a model learns nothing general from it",
                    spec.at(*trained.feature_path(index)),
                    "warning",
                    "take it out of the features",
                    (("declared as key here", key),),
                )
            elif (leak := _leak(subject, trained, feature)) is not None:
                source, place = leak
                yield Diagnostic(
                    "target-in-features",
                    f"`{feature}` is made of the features of `{source}`, and the target "
                    f"`{target}` is one of them",
                    spec.at(*trained.feature_path(index)),
                    hint="take the target out of that view, or leave this feature out",
                    related=(
                        ("the target", spec.at(*trained.target_path)),
                        ("the target as a feature", place),
                    ),
                )


def _keys(columns: Columns) -> frozenset[str]:
    """All columns that are declared as keys."""
    of_rows = columns.dataset[1].key if columns.dataset is not None else ()
    of_entities = columns.added.entities.values() if columns.added is not None else ()
    return frozenset((*of_rows, *(key.column for key in of_entities)))


def _key(subject: Subject, columns: Columns, name: str) -> Span | None:
    """Where a column is declared as a key: of the rows, or of an entity."""
    if columns.dataset is not None and name in columns.dataset[1].key:
        return columns.dataset[0].key_at("spec", "key")
    for entity, key in columns.added.entities.items() if columns.added else ():
        found = subject.project.find("Entity", entity) if key.column == name else None
        if found is not None:
            return found.at("metadata", "name")
    return None


def _leak(subject: Subject, trained: Trained, name: str) -> tuple[str, Span] | None:
    """A view that gives the function behind a feature the very column that is the target, and where
    it says so.
    """
    service = trained.columns.added
    if service is None or not service.parts.transforms:
        return None
    feature = service.columns.get(name)
    view = subject.project.body(FeatureViewSpec, feature.view) if feature is not None else None
    for source in view.transform.sources if view is not None and view.transform else ():
        found = subject.project.find("FeatureView", source)
        body = subject.project.body(FeatureViewSpec, source)
        if found is None or body is None or body.dataset != trained.table.dataset:
            continue
        if trained.target in body.features:
            index = body.features.index(trained.target)
            return source, found.at("spec", "features", index)
    return None
