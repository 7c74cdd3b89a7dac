"""`gate-without-metric`: a gate on a metric that no step before a registration makes (LANGUAGE
section 7).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.columns import Maker, trained
from exai_compiler.graph import FromStep, Step
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import DatasetSpec, ModelSpec

# Metrics that are made for two classes only, and how many.
CLASSES = {"auc": 2}


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ModelSpec):
        for maker in subject.makers.get(spec.ref.name, ()):
            step = _evaluation(maker)
            if step is None or step.component is None:
                continue
            made = step.component.metrics.get(body.task, ())
            place = subject.project.specs[maker.graph.pipeline].key_at("spec", "steps", step.name)
            related = ((f"step `{step.name}` makes the metrics", place),)
            for metric in body.gates:
                at = spec.key_at("spec", "gates", metric)
                if metric not in made:
                    yield Diagnostic(
                        "gate-without-metric",
                        f"no step makes the metric `{metric}` for {body.task}",
                        at,
                        hint=did_you_mean(metric, made),
                        related=related,
                    )
                elif (found := _classes(subject, maker)) and found > CLASSES.get(metric, found):
                    yield Diagnostic(
                        "gate-without-metric",
                        f"`{metric}` is for {CLASSES[metric]} classes, and the target has {found}",
                        at,
                        hint=f"take one of {', '.join(m for m in made if m not in CLASSES)}",
                        related=related,
                    )


def _evaluation(maker: Maker) -> Step | None:
    """The step whose metrics are registered with the version."""
    if maker.step.component is None:
        return None
    for name, port in maker.step.component.inputs.items():
        binding = maker.step.inputs.get(name)
        if port.type == "Metrics" and isinstance(binding, FromStep):
            return maker.graph.steps.get(binding.step)
    return None


def _classes(subject: Subject, maker: Maker) -> int:
    """How many values the target can have, when the dataset says so; else 0."""
    signature = trained(maker, subject.flows[maker.graph.pipeline.name])
    body = subject.project.body(DatasetSpec, signature.dataset) if signature else None
    column = body.schema.get(signature.target) if body and signature else None
    return len(column.enum) if column else 0
