"""Whether the rows of a `load-features` step can be given the features that it asks for.

`missing-timestamp`, `entity-mismatch`, `request-column`, `feature-clash`.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.entity_keys import told_at_entity
from exai_compiler.checks.feature_sources import TIMES, key_in, untimed
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.columns import text
from exai_compiler.component_columns import ADDS
from exai_compiler.feature_views import Used
from exai_compiler.graph import Frame, Graph, Step, made_by
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import DatasetSpec
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, graph, step in subject.steps_of(ADDS):
        adding = ADDS.get(step.component.name) if step.component else None
        if adding is None:
            continue
        binding = step.inputs.get(adding.data)
        table = subject.flows[graph.pipeline.name].table(binding)
        gives = subject.services.get(text(step.inputs.get(adding.service)))
        data = under_with(step.path, adding.data)
        path = under_with(step.path, adding.service)
        dataset = subject.dataset(table.dataset)
        if dataset is None:
            yield from _untold(graph, step, adding.data, spec, data)
        else:
            yield from _time(dataset, spec, data)
        if gives is None:
            continue
        if table.service:
            yield Diagnostic(
                "feature-clash",
                f"these rows have the features of `{table.service}` already",
                spec.at(*path),
                hint="write one FeatureService with all features, and one step that adds them",
            )
        if dataset is not None:
            yield from _columns(subject, gives, dataset, spec, path)


def _untold(graph: Graph, step: Step, port: str, spec: Spec, path: Path) -> Iterator[Diagnostic]:
    """Rows that come from a step whose columns nobody knows."""
    binding = step.inputs.get(port)
    maker = next((placed.step for placed in made_by(Frame(graph), binding)), None)
    if maker is None or maker.component is None or maker.component.refs:
        return
    if maker.is_own:
        yield Diagnostic(
            "missing-timestamp",
            f"nobody knows the columns and the time of what step `{maker.name}` makes",
            spec.at(*path),
            hint="add features to the rows of a Dataset, and give your own step the result",
        )


def _time(dataset: tuple[Spec, DatasetSpec], spec: Spec, path: Path) -> Iterator[Diagnostic]:
    declared, data = dataset
    if not data.timestamp:
        yield untimed(
            declared, spec.at(*path), "features are joined as they were at each row's time"
        )
        return
    column = data.schema.get(data.timestamp)
    if column is not None and str(column.type) not in TIMES:
        yield Diagnostic(
            "missing-timestamp",
            f"`timestamp` of Dataset `{declared.ref.name}` is {column.type}, which is no time",
            spec.at(*path),
            hint=f"take a column of type {' or '.join(TIMES)}",
            related=(("its timestamp", declared.at("spec", "timestamp")),),
        )


def _columns(
    subject: Subject, gives: Used, dataset: tuple[Spec, DatasetSpec], spec: Spec, path: Path
) -> Iterator[Diagnostic]:
    """The keys and what only a request has are columns of the rows; no feature is."""
    declared, data = dataset
    for name in gives.entities:
        entity = subject.project.find("Entity", name)
        if entity is not None and not told_at_entity(subject.project, name):
            yield from key_in(dataset, name, entity, spec, path)
    for name, type_ in gives.request.items():
        column = data.schema.get(name)
        if column is None:
            yield Diagnostic(
                "request-column",
                f"Dataset `{declared.ref.name}` has no column `{name}`, which `{gives.service}` "
                "takes of the request",
                spec.at(*path),
                hint=did_you_mean(
                    name, data.schema, "what a request will hold, the rows must, too"
                ),
                related=(("the rows' columns", declared.key_at("spec", "schema")),),
            )
        elif column.type != type_:
            yield Diagnostic(
                "request-column",
                f"`{name}` is {column.type} in Dataset `{declared.ref.name}`, and {type_} in the "
                "request",
                spec.at(*path),
                hint="make them the same",
                related=(("the column", declared.key_at("spec", "schema", name)),),
            )
    for name, feature in gives.columns.items():
        if name in data.schema:
            yield Diagnostic(
                "feature-clash",
                f"`{name}` is a feature of `{feature.view}`, and a column of Dataset "
                f"`{declared.ref.name}` already",
                spec.at(*path),
                hint="leave one of them out, or give it another name",
                related=(("the column", declared.key_at("spec", "schema", name)),),
            )
