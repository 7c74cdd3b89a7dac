"""The trial of a Tuning: what runs, what it is given, and who says the metric.

`trial-body`: what no trial can be. `trial-metric`: nothing says the metric of the objective. Inputs
and expressions have the codes that they have in a pipeline: `unknown-component`, `unknown-input`,
`missing-input`, `filled-input`, `wrong-input-type`, `unknown-reference`, `bad-expression`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.catalog import Component, Port
from exai_compiler.checks.port_types import assignable, describe, misfits, refined_at
from exai_compiler.checks.step_inputs import settable
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_compiler.graph import port_type
from exai_compiler.tuning.space import type_of
from exai_compiler.tuning.trial import (
    DATASET,
    TRAINERS,
    Mention,
    component_of,
    mentions,
    texts,
)
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import ExpressionError, Reference, has_expression, is_whole, parse_text
from exai_specs.frozen import Json
from exai_specs.kinds import DatasetSpec, TuningSpec
from exai_specs.parse import Spec
from exai_specs.types import Scalar

TRIAL: Path = ("spec", "trial")
METRICS = ("accuracy", "logloss", "f1", "precision", "recall", "auc", "rmse", "mae", "r2")
"""What evaluate-model measures, and so a cross-validation."""
PLACEHOLDERS = ("${trialParameters.", "${trialSpec.")
ARTIFACTS = ("Model", DATASET, "Metrics", "Artifact", "HTML", "Markdown")
"""What a trial may write besides its numbers: it is thrown away."""
FORM = "write ${{ trial.NAME }}"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, tuning in subject.project.bodies(TuningSpec):
        yield from _expressions(spec, tuning)
        if tuning.trial.uses is not None:
            yield from _component(subject, spec, tuning, tuning.trial.uses)
        component = component_of(spec, tuning.trial, subject.catalog)
        if component is not None:
            yield from _inputs(subject, spec, tuning, component)
            if tuning.trial.python is not None:
                yield from _outputs(spec, tuning, component)


def _expressions(spec: Spec, tuning: TuningSpec) -> Iterator[Diagnostic]:
    for path, text in texts(tuning.trial):
        for mark in PLACEHOLDERS:
            if (where := text.find(mark)) >= 0:
                yield Diagnostic(
                    "bad-expression",
                    "Katib would replace this before the trial runs",
                    spec.document.at(path, where),
                    hint=FORM,
                )
        if not has_expression(text):
            continue
        try:
            parsed = parse_text(text)
        except ExpressionError as error:
            at = spec.document.at(path, error.offset)
            yield Diagnostic("bad-expression", error.message, at, hint=error.hint or FORM)
            continue
        for part in parsed.expressions:
            if not isinstance(part.expression, Reference):
                yield Diagnostic(
                    "expression-not-allowed",
                    "a value can only be a reference",
                    spec.document.at(path, part.offset),
                    hint=FORM,
                )
    for mention in mentions(tuning.trial):
        yield from _reference(spec, tuning, mention)


def _reference(spec: Spec, tuning: TuningSpec, mention: Mention) -> Iterator[Diagnostic]:
    at = spec.document.at(mention.path, mention.reference.offset)
    inputs = tuning.trial.body == "image" and mention.path[2] != "with"
    roots: dict[str, Mapping[str, object]] = {"trial": tuning.parameters}
    if inputs:
        roots["inputs"] = tuning.trial.with_
    root, *names = mention.reference.parts
    if root not in roots:
        hint = did_you_mean(root, roots, FORM)
        message = f"no reference starts with `{root}` here"
        yield Diagnostic("unknown-reference", message, at, hint=hint)
    elif len(names) != 1:
        message = f"`{mention.reference}` names no one value"
        yield Diagnostic("bad-expression", message, at, hint=f"write ${{{{ {root}.NAME }}}}")
    elif names[0] not in roots[root]:
        what = "parameter" if root == "trial" else "input"
        where = "spec.parameters" if root == "trial" else "with"
        hint = did_you_mean(names[0], roots[root], f"declare it under {where}")
        yield Diagnostic("unknown-reference", f"there is no {what} `{names[0]}`", at, hint=hint)


def _component(subject: Subject, spec: Spec, tuning: TuningSpec, name: str) -> Iterator[Diagnostic]:
    at = spec.at(*TRIAL, "uses")
    if name in TRAINERS:
        if tuning.objective.metric not in METRICS:
            yield Diagnostic(
                "trial-metric",
                f"{name} measures no `{tuning.objective.metric}`",
                spec.at("spec", "objective", "metric"),
                hint=did_you_mean(tuning.objective.metric, METRICS, f"one of {', '.join(METRICS)}"),
            )
        if tuning.early_stopping is not None:
            yield Diagnostic(
                "trial-metric",
                f"{name} says its metric once, at its end: nothing can be stopped before",
                spec.key_at("spec", "earlyStopping"),
                "warning",
                "remove it, or write a function that prints its metric as it goes",
            )
        value: Json = tuning.trial.with_
        for key in TRAINERS[name]:
            value = value.get(key) if isinstance(value, Mapping) else None
        if not value:
            shown = "folds: 5" if name == "train-sklearn" else "parameters: {nfolds: 5}"
            yield Diagnostic(
                "trial-metric",
                f"{name} measures nothing without a cross-validation",
                spec.key_at(*TRIAL),
                hint=f"add `{shown}` under `with`",
            )
        return
    known = name in subject.catalog.components or "/" in name
    yield Diagnostic(
        "trial-body" if known else "unknown-component",
        f"{name} can't be a trial: it says no metric" if known else f"no component is `{name}`",
        at,
        hint=did_you_mean(name, TRAINERS, "write it as python:, or run a container"),
    )


def _inputs(
    subject: Subject, spec: Spec, tuning: TuningSpec, component: Component
) -> Iterator[Diagnostic]:
    trial = tuning.trial
    for name, value in trial.with_.items():
        path: Path = (*TRIAL, "with", name)
        port = component.inputs.get(name)
        if name in component.filled:
            yield Diagnostic(
                "filled-input",
                f"`{name}` of {component.name} is filled in by exai",
                spec.key_at(*path),
                hint="leave it out",
            )
        elif port is None:
            yield Diagnostic(
                "unknown-input",
                f"{component.name} has no input `{name}`",
                spec.key_at(*path),
                hint=did_you_mean(name, settable(component)),
            )
        elif port.is_artifact:
            yield from _artifact(subject, spec, path, port, value)
        else:
            for inner, message, hint in misfits(value, port_type(port)):
                where = ".".join(str(part) for part in (name, *inner))
                at = spec.at(*path, *inner)
                yield Diagnostic("wrong-input-type", f"`{where}` {message}", at, hint=hint)
    for name in settable(component):
        if not component.inputs[name].optional and name not in trial.with_:
            port = component.inputs[name]
            what = "the name of a Dataset" if port.is_artifact else describe(port_type(port))
            yield Diagnostic(
                "missing-input",
                f"the trial gives no `{name}`, which {component.name} needs",
                spec.key_at(*TRIAL),
                hint=f"add `{name}:` under `with`: {what}",
            )
    yield from _types(spec, tuning, component)


def _artifact(
    subject: Subject, spec: Spec, path: Path, port: Port, value: Json
) -> Iterator[Diagnostic]:
    if port.type != DATASET or port.many:
        yield Diagnostic(
            "trial-body",
            f"`{port.name}` is an artifact that only another step could make",
            spec.at(*path),
            hint="a trial stands alone: let it load a Dataset, and make the rest itself",
        )
    elif not isinstance(value, str) or has_expression(value):
        message = f"`{port.name}` must be the bare name of a Dataset"
        hint = "write the name of a Dataset document"
        yield Diagnostic("wrong-input-type", message, spec.at(*path), hint=hint)
    elif subject.project.body(DatasetSpec, value) is None:
        known = subject.project.names(DATASET)
        hint = did_you_mean(value, known, "add a Dataset document of that name")
        message = f"there is no Dataset `{value}`"
        yield Diagnostic("unknown-reference", message, spec.at(*path), hint=hint)


def _types(spec: Spec, tuning: TuningSpec, component: Component) -> Iterator[Diagnostic]:
    for mention in mentions(tuning.trial):
        names = mention.reference.parts
        if mention.path[2] != "with" or names[0] != "trial" or len(names) != 2:
            continue
        port = component.inputs.get(str(mention.path[3]))
        searched = tuning.parameters.get(names[1])
        if port is None or port.is_artifact or searched is None:
            continue
        inner = mention.path[4:]
        wanted = refined_at(port_type(port), inner)
        source = type_of(searched) if is_whole(mention.text) else "string"
        if wanted is None or (inner and wanted == port_type(port)):
            continue
        if assignable(Scalar(source), wanted) == "no":
            where = ".".join(str(part) for part in mention.path[3:])
            yield Diagnostic(
                "wrong-input-type",
                f"`{mention.reference}` is {describe(Scalar(source))}, but `{where}` must be "
                f"{describe(wanted)}",
                spec.document.at(mention.path, mention.reference.offset),
                hint=f"give it {describe(wanted)}",
                related=(("declared here", spec.key_at("spec", "parameters", names[1])),),
            )


def _outputs(spec: Spec, tuning: TuningSpec, component: Component) -> Iterator[Diagnostic]:
    metric = tuning.objective.metric
    numbers = [name for name, port in component.outputs.items() if port.type in _NUMBERS]
    for name, port in component.outputs.items():
        if port.is_artifact and port.type not in ARTIFACTS:
            yield Diagnostic(
                "trial-body",
                f"{component.name} makes `{name}`, a {port.type}, of which a trial has no use",
                spec.at(*TRIAL, "python"),
                hint="leave it out",
            )
    says = metric in numbers or numbers == ["Output"]
    if not says and not any(port.type == "Metrics" for port in component.outputs.values()):
        yield Diagnostic(
            "trial-metric",
            f"{component.name} returns no `{metric}`: a trial without it counts as failed",
            spec.at(*TRIAL, "python"),
            "warning",
            f"return it (`-> float`), log it to an Output[Metrics], or print `{metric}=0.9`",
        )


_NUMBERS = ("integer", "double")
