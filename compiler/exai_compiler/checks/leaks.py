"""Training that sees what a request won't have: the target under another name, and what is only
known later (LANGUAGE sections 5 and 6).

`target-in-features`: the target's own column of the data, declared a second time; the target as a
column that a function takes of the request. `later-feature`: when a row was written, as such a
column. `timestamp-mismatch`: values of a whole day, joined to times within it. The plain case of
the target's name among the features is `target_in_features`'.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Column, Subject
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.columns import ADDS, TRAINS, Table, text, texts
from exai_compiler.feature_views import request_of
from exai_compiler.graph import Step
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import DatasetSpec, FeatureViewSpec
from exai_specs.parse import Spec
from exai_specs.values import frozen


@frozen
class Trained:
    """A step that trains: the columns that arrive there, its target, and where they stand."""

    spec: Spec
    step: Step
    table: Table
    target: str
    features: tuple[tuple[Path, str], ...]
    target_at: Span


def check(subject: Subject) -> Iterator[Diagnostic]:
    for trained in _trainings(subject):
        yield from _same_column(subject, trained)
        yield from _of_the_request(subject, trained)
    for spec, graph, step in subject.steps():
        adding = ADDS.get(step.component.name) if step.component else None
        if adding is not None:
            table = subject.flows[graph.pipeline.name].table(step.inputs.get(adding.data))
            at = spec.at(*under_with(step.path, adding.service))
            yield from _by_day(subject, table, text(step.inputs.get(adding.service)), at)


def _trainings(subject: Subject) -> Iterator[Trained]:
    for spec, step, table in subject.leaves():
        training = TRAINS.get(step.component.name) if step.component else None
        if training is None:
            continue
        names = texts(step.inputs.get(training.features))
        yield Trained(
            spec,
            step,
            table(training.data),
            text(step.inputs.get(training.target)),
            tuple(
                (under_with(step.path, training.features, index), name)
                for index, name in enumerate(names)
            ),
            spec.at(*under_with(step.path, training.target)),
        )


def _same_column(subject: Subject, trained: Trained) -> Iterator[Diagnostic]:
    """A feature that is read from the very column of the data that the target is read from."""
    target = subject.column(trained.table, trained.target)
    origin = _origin(target, trained.target)
    if target is None or origin is None:
        return
    for path, name in trained.features:
        column = subject.column(trained.table, name)
        if name == trained.target or column is None or _origin(column, name) != origin:
            continue
        yield Diagnostic(
            "target-in-features",
            f"`{name}` is read from the same column of the data as the target `{trained.target}`",
            trained.spec.at(*path),
            hint="take it out of the features",
            related=(
                ("the target", trained.target_at),
                ("the column of the target", target.at),
                ("the column of the feature", column.at),
            ),
        )


def _origin(column: Column | None, name: str) -> tuple[object, str] | None:
    """The data that a Dataset's column is read from, and its name there."""
    if column is None or not isinstance(column.spec.body, DatasetSpec):
        return None
    data = column.spec.body
    return data.source, data.schema[name].source or name


def _of_the_request(subject: Subject, trained: Trained) -> Iterator[Diagnostic]:
    """What a function takes of the request: neither the target, nor when the row was written."""
    service = subject.services.get(trained.table.service)
    dataset = subject.dataset(trained.table.dataset)
    for path, name in trained.features:
        feature = service.columns.get(name) if service is not None else None
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
                    ("the target", trained.target_at),
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


def _by_day(subject: Subject, rows: Table, name: str, at: Span) -> Iterator[Diagnostic]:
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
            at,
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
