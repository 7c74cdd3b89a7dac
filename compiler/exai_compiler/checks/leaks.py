"""Training that sees what a request won't have: the target under another name, and what is only
known later (LANGUAGE sections 5 and 6).

`target-in-features`: the target's own column of the data, declared a second time; the target as a
column that a function takes of the request. `later-feature`: when a row was written, as such a
column. `timestamp-mismatch`: values of a whole day, joined to times within it. The plain case of
the target's name among the features is `target_in_features`'.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.tables import Column
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.checks.trained import Trained
from exai_compiler.columns import Table, text
from exai_compiler.component_columns import ADDS
from exai_compiler.feature_views import request_of
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import DatasetSpec, FeatureViewSpec
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    renames = any(
        column.source
        for _, data in subject.project.bodies(DatasetSpec)
        for column in data.schema.values()
    )
    for trained in subject.trained:
        if renames:  # without one, columns of other names are others
            yield from _same_column(trained)
        yield from _of_the_request(subject, trained)
    for spec, graph, step in subject.steps_of(ADDS):
        adding = ADDS.get(step.component.name) if step.component else None
        if adding is not None:
            table = subject.flows[graph.pipeline.name].table(step.inputs.get(adding.data))
            name = text(step.inputs.get(adding.service))
            path = under_with(step.path, adding.service)
            yield from _by_day(subject, table, name, spec, path)


def _same_column(trained: Trained) -> Iterator[Diagnostic]:
    """A feature that is read from the very column of the data that the target is read from."""
    target = trained.target_column
    if target is None or (origin := _origin(target, trained.target)) is None:
        return
    for index, name in enumerate(trained.features):
        column = trained.columns.get(name) if name != trained.target else None
        if column is None or _origin(column, name) != origin:
            continue
        yield Diagnostic(
            "target-in-features",
            f"`{name}` is read from the same column of the data as the target `{trained.target}`",
            trained.spec.at(*trained.feature_path(index)),
            hint="take it out of the features",
            related=(
                ("the target", trained.spec.at(*trained.target_path)),
                ("the column of the target", target.at),
                ("the column of the feature", column.at),
            ),
        )


def _origin(column: Column, name: str) -> tuple[str, object] | None:
    """The name of a Dataset's column in the data, and the data that it is read from: two columns
    are told apart by the name, nearly always."""
    if not isinstance(column.spec.body, DatasetSpec):
        return None
    data = column.spec.body
    return data.schema[name].source or name, data.source


def _of_the_request(subject: Subject, trained: Trained) -> Iterator[Diagnostic]:
    """What a function takes of the request: neither the target, nor when the row was written."""
    service, dataset = trained.columns.added, trained.columns.dataset
    if service is None or not service.request:
        return
    for index, name in enumerate(trained.features):
        path = trained.feature_path(index)
        feature = service.columns.get(name)
        view = subject.project.find("FeatureView", feature.view) if feature is not None else None
        if feature is None or view is None:
            continue
        asked = request_of(subject.project, feature.view)
        request = ("spec", "transform", "request", "schema")
        if trained.target in asked:
            yield Diagnostic(
                "target-in-features",
                f"`{name}` is made of the target `{trained.target}`, which the function of "
                f"`{feature.view}` takes of the request",
                trained.spec.at(*path),
                hint="a request doesn't know the answer: take it out of the view, or leave this "
                "feature out",
                related=(
                    ("the target", trained.spec.at(*trained.target_path)),
                    ("the target in a request", view.key_at(*request, trained.target)),
                ),
            )
        created = dataset[1].created if dataset is not None else ""
        if dataset is not None and created and created in asked:
            yield Diagnostic(
                "later-feature",
                f"`{name}` is made of `{created}`, which says when a row was written: after what "
                "it tells of",
                trained.spec.at(*path),
                hint="give the function the time of the event, or leave this feature out",
                related=(
                    ("in a request", view.key_at(*request, created)),
                    ("written at", dataset[0].at("spec", "created")),
                ),
            )


def _by_day(
    subject: Subject, rows: Table, name: str, spec: Spec, path: Path
) -> Iterator[Diagnostic]:
    """Values that are dated by the day, joined to rows that have a time of day: a row of the
    morning gets what the evening knew."""
    service, dataset = subject.services.get(name), subject.dataset(rows.dataset)
    if service is None or dataset is None or _time(dataset[1]) != "timestamp":
        return
    for view in service.parts.views:
        body = subject.project.body(FeatureViewSpec, view)
        other = subject.dataset(body.dataset or "") if body is not None else None
        if other is None or _time(other[1]) != "date":
            continue
        yield Diagnostic(
            "timestamp-mismatch",
            f"values of `{view}` are dated by the day, and rows of `{dataset[0].ref.name}` have a "
            "time of day: a row of the morning gets what the whole day has shown",
            spec.at(*path),
            "warning",
            "give the features the time from which they were known, or date the rows by the day",
            (
                ("the features' time", other[0].at("spec", "timestamp")),
                ("the rows' time", dataset[0].at("spec", "timestamp")),
            ),
        )


def _time(data: DatasetSpec) -> str:
    column = data.schema.get(data.timestamp)
    return str(column.type) if column is not None else ""
