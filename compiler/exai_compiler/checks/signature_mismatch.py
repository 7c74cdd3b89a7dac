"""`signature-mismatch`: a Model says other columns or types than the step that trains it here
(LANGUAGE section 7). One that names a feature service is `served_features`'. Of a step of the
user's own nothing is known but what the Model says.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import under_with
from exai_compiler.columns import Signature as Followed
from exai_compiler.component_columns import TRAINS
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import ModelSpec, Signature
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ModelSpec):
        if body.signature is None or body.signature.features is not None:
            continue
        for maker in subject.makers.get(spec.ref.name, ()):
            followed = subject.signature(maker)
            if followed is not None and subject.columns(followed.table).known:
                yield from _judged(subject, spec, body.signature, followed)


def _judged(
    subject: Subject, spec: Spec, said: Signature, followed: Followed
) -> Iterator[Diagnostic]:
    graph = subject.graphs[followed.pipeline]
    step = graph.steps[followed.step]
    component = step.component
    if component is None or not followed.features:
        return
    pipeline = subject.project.specs[graph.pipeline]
    at = pipeline.at(*under_with(step.path, TRAINS[component.name].features))
    where = ((f"step `{step.name}` is given them here", at),)
    for name in said.inputs:
        if name not in followed.features:
            yield Diagnostic(
                "signature-mismatch",
                f"step `{step.name}` isn't given `{name}`",
                spec.key_at("spec", "signature", "inputs", name),
                hint=did_you_mean(name, followed.features),
                related=where,
            )
    for name in followed.features:
        if name not in said.inputs and name != followed.target:  # that one is `target-in-features`
            yield Diagnostic(
                "signature-mismatch",
                f"step `{step.name}` is given `{name}`, which the signature leaves out",
                spec.key_at("spec", "signature", "inputs"),
                hint="add it, or remove `signature`: it follows from that step",
                related=where,
            )
    data = subject.columns(followed.table)
    for side, columns in (("inputs", said.inputs), ("outputs", said.outputs)):
        for name, type_ in columns.items():
            column = data.get(name)
            known = followed.features if side == "inputs" else (followed.target,)
            if name in known and column is not None and column.type != type_:
                yield _type(name, f"{column.type}", f"{type_}", column.at, spec, side)
    target = next(iter(said.outputs))
    # A target that is no column is `unknown-column`.
    if followed.target in data and target != followed.target:
        place = pipeline.at(*under_with(step.path, TRAINS[component.name].target))
        yield Diagnostic(
            "signature-mismatch",
            f"step `{step.name}` predicts `{followed.target}`, not `{target}`",
            spec.key_at("spec", "signature", "outputs", target),
            hint=f"write `{followed.target}`, or remove `signature`: it follows from that step",
            related=((f"step `{step.name}` says so here", place),),
        )


def _type(name: str, there: str, here: str, at: Span, spec: Spec, side: str) -> Diagnostic:
    return Diagnostic(
        "signature-mismatch",
        f"`{name}` is {here} here, and {there} in the data that the model is trained on",
        spec.at("spec", "signature", side, name),
        hint=f"write {there}, or remove `signature`: it follows from the step that trains",
        related=(("the column", at),),
    )
