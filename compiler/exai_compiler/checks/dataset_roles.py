"""`unusable-key`, `missing-timestamp`: columns of a Dataset that can't be what `key`, `timestamp`
or `created` say that they are (LANGUAGE section 5). Where features are made of a Dataset or
joined to it, its times are told there, with why they are needed.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.feature_sources import TIMES
from exai_compiler.checks.subject import Subject
from exai_compiler.component_columns import ADDS
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import DatasetSpec, FeatureViewSpec
from exai_specs.types import COLUMN_TYPES

_PLAIN = frozenset(COLUMN_TYPES) - {"json"}


def check(subject: Subject) -> Iterator[Diagnostic]:
    told = {view.dataset for _, view in subject.project.bodies(FeatureViewSpec)} | _rows(subject)
    for spec, body in subject.project.bodies(DatasetSpec):
        for index, name in enumerate(body.key):
            column = body.schema.get(name)
            if column is not None and str(column.type) not in _PLAIN:
                yield Diagnostic(
                    "unusable-key",
                    f"rows can't be told apart, nor put in order, by a {column.type}",
                    spec.at("spec", "key", index),
                    hint="take a column that has one plain value",
                    related=(("the column", spec.key_at("spec", "schema", name)),),
                )
        for field, name in (("timestamp", body.timestamp), ("created", body.created)):
            column = body.schema.get(name) if name else None
            if column is None or str(column.type) in TIMES or spec.ref.name in told:
                continue
            yield Diagnostic(
                "missing-timestamp",
                f"`{name}` is {column.type}, which is no time",
                spec.at("spec", field),
                hint=f"take a column of type {' or '.join(TIMES)}",
                related=(("the column", spec.key_at("spec", "schema", name)),),
            )


def _rows(subject: Subject) -> set[str]:
    """The Datasets whose rows get features."""
    return {
        subject.flows[graph.pipeline.name].table(step.inputs.get(adding.data)).dataset
        for _, graph, step in subject.steps_of(ADDS)
        if step.component is not None and (adding := ADDS.get(step.component.name)) is not None
    }
