"""`task-mismatch`: a model whose task its target's type can't be (LANGUAGE section 7)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import under_with
from exai_compiler.checks.unusable_feature import TARGETS
from exai_compiler.columns import Signature
from exai_compiler.component_columns import TRAINS
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ModelSpec

# What a target can't be for a task; integers can be classes or amounts. What it can't be for any is
# `unusable-feature`.
NEVER = {
    "classification": frozenset({"float32", "float64", "decimal"}),
    "regression": frozenset({"string", "bool"}),
}
INSTEAD = {"classification": "regression", "regression": "classification"}


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ModelSpec):
        for maker in subject.makers.get(spec.ref.name, ()):
            signature = subject.signature(maker)
            why = misfit(subject, signature, body.task)
            if signature is None or not why:
                continue
            column = subject.columns(signature.table).get(signature.target)
            graph = subject.graphs[signature.pipeline]
            pipeline = subject.project.specs[graph.pipeline]
            step = graph.steps[signature.step]
            port = TRAINS[step.component.name].target if step.component else ""
            yield Diagnostic(
                "task-mismatch",
                f"the task is {body.task}, but its target `{signature.target}` {why}",
                spec.at("spec", "task"),
                hint=f"write `task: {INSTEAD[body.task]}`, or train on another target",
                related=(
                    ("the target", pipeline.at(*under_with(step.path, port))),
                    *((("the column", column.at),) if column is not None else ()),
                ),
            )


def misfit(subject: Subject, signature: Signature | None, task: str) -> str:
    """Why what is trained on can't have a target for this task; "" where it can."""
    if signature is None or task not in NEVER:
        return ""
    column = subject.columns(signature.table).get(signature.target)
    if column is None or str(column.type) not in TARGETS:
        return ""
    if column.enum:
        return "is one of a few values" if task == "regression" else ""
    return f"is {column.type}" if str(column.type) in NEVER[task] else ""
