"""`gate-without-metric`: a gate on a metric that no step before a registration makes (LANGUAGE
section 7).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.columns import Maker, trained
from exai_compiler.graph import Step
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ModelSpec

# Metrics that are made for two classes only, and how many.
CLASSES = {"auc": 2}


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ModelSpec):
        for maker in subject.makers.get(spec.ref.name, ()):
            step = _evaluation(maker)
            # What a Python step measures is its own.
            if step is None or step.component is None or step.is_own:
                continue
            made = step.component.metrics.get(body.task, ())
            classes = _classes(subject, maker)
            for metric in body.gates:
                limit = CLASSES.get(metric, classes)
                if metric in made and classes <= limit:
                    continue
                message = f"no step makes the metric `{metric}` for {body.task}"
                hint = did_you_mean(metric, made)
                if metric in made:
                    message = f"`{metric}` is for {limit} classes, and the target has {classes}"
                    hint = f"take one of {', '.join(m for m in made if m not in CLASSES)}"
                pipeline = subject.project.specs[maker.graph.pipeline]
                place = pipeline.key_at(*step.path)
                yield Diagnostic(
                    "gate-without-metric",
                    message,
                    spec.key_at("spec", "gates", metric),
                    hint=hint,
                    related=((f"step `{step.name}` makes the metrics", place),),
                )


def _evaluation(maker: Maker) -> Step | None:
    """The step whose metrics are registered with the version."""
    if maker.step.component is None:
        return None
    for name, port in maker.step.component.inputs.items():
        binding = maker.step.inputs.get(name)
        if port.type == "Metrics" and (made := maker.graph.makers(binding)):
            return made[0]
    return None


def _classes(subject: Subject, maker: Maker) -> int:
    """How many values the target can have, when the dataset says so; else 0."""
    signature = trained(maker, subject.flows[maker.graph.pipeline.name])
    column = subject.column(signature.table, signature.target) if signature else None
    return len(column.enum) if column else 0
