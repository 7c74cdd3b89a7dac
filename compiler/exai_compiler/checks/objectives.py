"""Whether the trials of a Tuning can have the metric of its objective, and reach the goal.

`trial-metric`: a metric of another task than the estimator's, or than the target's type has.
`gate-never-passes`: a goal that the metric can't have. Of exai's own components that train alone:
what a function or a container measures is its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.estimators import predicts
from exai_compiler.checks.gate_without_metric import out_of_reach
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.task_mismatch import INSTEAD, NEVER
from exai_compiler.checks.texts import under_with
from exai_compiler.checks.unusable_feature import TARGETS
from exai_compiler.columns import text
from exai_compiler.component_columns import TRAINS
from exai_compiler.graph import Step
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import TuningSpec
from exai_specs.kinds.tuning import Objective
from exai_specs.parse import Spec

EVALUATION = "evaluate-model"
"""A cross-validation measures what this component does, by the same names."""
WHOLE = ("int32", "int64")


def check(subject: Subject) -> Iterator[Diagnostic]:
    evaluation = subject.catalog.components.get(EVALUATION)
    metrics = evaluation.metrics if evaluation is not None else {}
    for spec, step, arriving in subject.trials:
        tuning = spec.body
        if not isinstance(tuning, TuningSpec) or step.component is None:
            continue
        yield from _goal(spec, tuning.objective)
        metric = tuning.objective.metric
        task = next((task for task, names in metrics.items() if metric in names), "")
        if task not in NEVER:
            continue
        yield from _estimator(spec, step, metric, task)
        training = TRAINS[step.component.name]
        target = text(step.inputs.get(training.target))
        column = subject.columns(arriving(training.data)).get(target)
        if column is None or (kind := str(column.type)) not in TARGETS:
            continue
        # No Model says the task here, and H2O takes whole numbers for amounts then.
        amount = task == "classification" and kind in WHOLE and step.component.name == "train-h2o"
        if kind in NEVER[task] or amount:
            yield Diagnostic(
                "trial-metric",
                f"`{metric}` is of {task}, but the target `{target}` is {kind}",
                spec.at("spec", "objective", "metric"),
                hint=f"take one of {', '.join(metrics[INSTEAD[task]])}, or another target",
                related=(
                    ("the target", spec.at(*under_with(step.path, training.target))),
                    ("the column", column.at),
                ),
            )


def _estimator(spec: Spec, step: Step, metric: str, task: str) -> Iterator[Diagnostic]:
    name, own = text(step.inputs.get("estimator")), predicts(step)
    if own and own != task:
        yield Diagnostic(
            "trial-metric",
            f"`{metric}` is of {task}, but {name} is for {own}",
            spec.at("spec", "objective", "metric"),
            hint=f"take a metric of {own}, or an estimator for {task}",
            related=(("the estimator", spec.at(*under_with(step.path, "estimator"))),),
        )


def _goal(spec: Spec, objective: Objective) -> Iterator[Diagnostic]:
    if objective.goal is None:
        return
    least = objective.type == "maximize"
    if (wrong := out_of_reach(objective.metric, objective.goal, least=least)) is not None:
        words, hint = wrong
        yield Diagnostic(
            "gate-never-passes",
            f"{words}, so no trial would reach the goal",
            spec.at("spec", "objective", "goal"),
            hint=hint,
        )
