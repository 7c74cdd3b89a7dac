"""`gate-without-metric`: a gate on a metric that no step before a registration makes (LANGUAGE
section 7). `gate-never-passes`: one on a value that the metric can't have. `gate-wrong-side`: one
that only a bad version passes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from exai_compiler.catalog import Component
from exai_compiler.checks.estimators import predicts
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.task_mismatch import INSTEAD, misfit
from exai_compiler.graph import Frame, Placed, made_by
from exai_compiler.judge import DIRECTIONS
from exai_compiler.makers import Maker
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ModelSpec
from exai_specs.parse import Spec

# Metrics that are made for two classes only, and how many.
CLASSES = {"auc": 2}
# What the metrics of exai's evaluation can be at most and at least.
_SHARES = ("accuracy", "auc", "f1", "precision", "recall")
GREATEST = dict.fromkeys((*_SHARES, "r2"), 1)
LEAST = dict.fromkeys((*_SHARES, "logloss", "rmse", "mae"), 0)


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ModelSpec):
        for maker in subject.makers.get(spec.ref.name, ()):
            placed = _evaluation(maker)
            step = placed.step if placed is not None else None
            # What a Python step measures is its own.
            if placed is None or step is None or step.component is None or step.is_own:
                continue
            made = step.component.metrics.get(body.task, ())
            yield from _out_of_reach(spec, body, made)
            yield from _wrong_side(spec, body, made)
            classes = _classes(subject, maker)
            of_another = _of_another_task(subject, maker, body.task, step.component)
            for metric in body.gates:
                limit = CLASSES.get(metric, classes)
                if (metric in made and classes <= limit) or metric in of_another:
                    continue
                message = f"no step makes the metric `{metric}` for {body.task}"
                hint = did_you_mean(metric, made)
                if metric in made:
                    message = f"`{metric}` is for {limit} classes, and the target has {classes}"
                    hint = f"take one of {', '.join(m for m in made if m not in CLASSES)}"
                pipeline = subject.project.specs[placed.frame.graph.pipeline]
                place = pipeline.key_at(*step.path)
                yield Diagnostic(
                    "gate-without-metric",
                    message,
                    spec.key_at("spec", "gates", metric),
                    hint=hint,
                    related=((f"step `{step.name}` makes the metrics", place),),
                )


def _out_of_reach(spec: Spec, body: ModelSpec, made: Collection[str]) -> Iterator[Diagnostic]:
    """Gates that no version passes."""
    for metric, gate in body.gates.items():
        for field, bound in (("min", gate.min), ("max", gate.max)):
            if metric not in made or bound is None:
                continue
            if (wrong := out_of_reach(metric, bound, least=field == "min")) is not None:
                words, hint = wrong
                yield Diagnostic(
                    "gate-never-passes",
                    f"{words}, so no version would pass",
                    spec.at("spec", "gates", metric, field),
                    hint=hint,
                )


def _wrong_side(spec: Spec, body: ModelSpec, made: Collection[str]) -> Iterator[Diagnostic]:
    """A bound on the side where the metric is better. With one on the other side it is a band:
    whoever writes both means it."""
    for metric, gate in body.gates.items():
        better = DIRECTIONS.get(metric)
        if metric not in made or better is None or (gate.min is None) == (gate.max is None):
            continue
        wrong, right = ("max", "min") if better == "higher" else ("min", "max")
        if getattr(gate, wrong) is None:
            continue
        more = "more" if better == "higher" else "less"
        yield Diagnostic(
            "gate-wrong-side",
            f"{more} `{metric}` is better, so `{wrong}` lets the bad versions pass and no good one",
            spec.key_at("spec", "gates", metric, wrong),
            hint=f"write `{right}`; or both, where a version may be too good to be true",
        )


def out_of_reach(metric: str, bound: float, *, least: bool) -> tuple[str, str] | None:
    """Why a metric of exai's evaluation is never so much, or so little, and a hint: often it is a
    percentage where a fraction is meant. None when it can be.
    """
    limit = (GREATEST if least else LEAST).get(metric)
    if limit is None or not (bound > limit if least else bound < limit):
        return None
    hint = "write a value that it can have"
    if least and bound <= 100:
        hint = f"it is a fraction: write {bound / 100:g} for {bound:g} %"
    return f"`{metric}` is never {'more than 1' if least else 'less than 0'}", hint


def _evaluation(maker: Maker) -> Placed | None:
    """The step whose metrics are registered with the version."""
    if maker.step.component is None:
        return None
    for name, port in maker.step.component.inputs.items():
        binding = maker.step.inputs.get(name)
        if port.type == "Metrics" and (made := made_by(Frame(maker.graph), binding)):
            return made[0]
    return None


def _of_another_task(
    subject: Subject, maker: Maker, task: str, component: Component
) -> Collection[str]:
    """The metrics that would be made for the task that is meant, where the target or the estimator
    tells that the Model's is wrong: `task-mismatch` says so."""
    signature = subject.signature(maker)
    other = INSTEAD.get(task, "")
    if signature is None or not other:
        return ()
    step = subject.graphs[signature.pipeline].steps[signature.step]
    wrong = predicts(step) == other or misfit(subject, signature, task)
    here = component.metrics.get(task, ())
    return {each for each in component.metrics.get(other, ()) if each not in here} if wrong else ()


def _classes(subject: Subject, maker: Maker) -> int:
    """How many values the target can have, when the dataset says so; else 0."""
    signature = subject.signature(maker)
    column = subject.columns(signature.table).get(signature.target) if signature else None
    return len(column.enum) if column else 0
