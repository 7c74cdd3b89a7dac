"""`reserved-env`: environment variables that exai sets itself (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import PipelineSpec, ServiceSpec
from exai_specs.parse import Spec

PREFIX = "EXAI_"
NAMES = ("MLFLOW_TRACKING_URI",)


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, service in subject.project.bodies(ServiceSpec):
        yield from _reserved(spec, service.env, ("spec", "env"))
    for spec, pipeline in subject.project.bodies(PipelineSpec):
        yield from _reserved(spec, pipeline.defaults.env, ("spec", "defaults", "env"))
        for name, step in pipeline.steps.items():
            yield from _reserved(spec, step.env, ("spec", "steps", name, "env"))


def _reserved(spec: Spec, names: Iterable[str], path: Path) -> Iterator[Diagnostic]:
    for name in names:
        if name.startswith(PREFIX) or name in NAMES:
            yield Diagnostic(
                "reserved-env",
                f"`{name}` is set by exai",
                spec.key_at(*path, name),
                hint="give the variable another name",
            )
