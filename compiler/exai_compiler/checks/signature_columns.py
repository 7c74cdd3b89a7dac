"""`unknown-column`: an input of a Model's signature that the data lacks that its pipeline evaluates
it with, where the user's own code trains it.

What such code does with its data nobody sees, so that only what a step of exai's own is given is
judged: that step reads every input of the signature. A model that a step of exai's own trains is
`signature_mismatch`'s.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.tables import Columns
from exai_compiler.checks.texts import under_with
from exai_compiler.columns import Table
from exai_compiler.component_columns import TRAINS
from exai_compiler.graph import Frame, Step, made_by
from exai_compiler.makers import Maker
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import ModelSpec, Signature
from exai_specs.parse import Spec

_MODEL, _DATA = "model", "data"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ModelSpec):
        if body.signature is None or body.signature.features is not None:
            continue
        told: set[str] = set()
        for maker in subject.makers.get(spec.ref.name, ()):
            for step in _evaluating(maker):
                flow = subject.flows[maker.graph.pipeline.name]
                table = flow.table(step.inputs.get(_DATA))
                columns = subject.columns(table)
                # What a FeatureService may lack is told at its own names.
                if columns.known and not table.service:
                    where = _where(subject, maker, step, table, columns)
                    yield from _lacking(spec, body.signature, columns, where, told)


def _evaluating(maker: Maker) -> Iterator[Step]:
    """The steps that evaluate the very model that is registered, which is of the user's code."""
    model = next(
        (
            maker.step.inputs.get(name)
            for name, port in (maker.step.component.inputs if maker.step.component else {}).items()
            if port.type == "Model"
        ),
        None,
    )
    trained = [placed.step.component for placed in made_by(Frame(maker.graph), model)]
    if model is None or len(trained) != 1:
        return
    (by,) = trained
    if by is None or by.name in TRAINS:
        return
    for step in maker.graph.steps.values():
        component = step.component
        if component is None or component.name != "evaluate-model":
            continue
        if step.inputs.get(_MODEL) == model:
            yield step


def _where(
    subject: Subject, maker: Maker, step: Step, table: Table, columns: Columns
) -> tuple[str, tuple[tuple[str, Span], ...]]:
    """Whose columns they are, and the places to look at."""
    pipeline = subject.project.specs[maker.graph.pipeline]
    given = (
        f"step `{step.name}` is given the data here",
        pipeline.at(*under_with(step.path, _DATA)),
    )
    if columns.dataset is not None:
        dataset = columns.dataset[0]
        place = dataset.key_at("spec", "schema")
        who = f"Dataset `{dataset.ref.name}` has"
    else:
        assert columns.declared_at is not None and table.made is not None  # noqa: S101 - known
        declarer, path = columns.declared_at
        place = declarer.key_at(*path)
        who = f"step `{table.made[1]}` declares"
    return who, (("its columns are declared here", place), given)


def _lacking(
    spec: Spec,
    said: Signature,
    columns: Columns,
    where: tuple[str, tuple[tuple[str, Span], ...]],
    told: set[str],
) -> Iterator[Diagnostic]:
    who, related = where
    for name in said.inputs:
        if name in columns or name in told:
            continue
        told.add(name)
        yield Diagnostic(
            "unknown-column",
            f"{who} no column `{name}`, and the model is evaluated with that data",
            spec.key_at("spec", "signature", "inputs", name),
            hint=did_you_mean(name, columns.names, "add it there, or take it from the signature"),
            related=related,
        )
