"""`autoscale-mode`: what a serving mode can't scale by, or down to (targets 1.2).

`inexact-unit`: what KServe rounds.

Standard mode scales by cpu or memory (HPA) and keeps at least one replica. Knative scales by
concurrency or rps, and by cpu or memory with the HPA class, which keeps one, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.service import Mode, mode, scale_target
from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ServiceSpec
from exai_specs.parse import Spec

METRICS: dict[Mode, tuple[str, ...]] = {
    "Standard": ("cpu", "memory"),
    "Knative": ("concurrency", "rps", "cpu", "memory"),
}
BY_HPA = ("cpu", "memory")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ServiceSpec):
        yield from _whole(spec, body)
        metric = body.autoscale.metric if body.autoscale else ""
        for name, environment in subject.environments.items():
            serving = mode(environment)
            declared = ("spec", "environments", name, "serving", "mode")
            if metric and metric not in METRICS[serving]:
                yield Diagnostic(
                    "autoscale-mode",
                    f"{serving} mode can't scale by {metric}",
                    spec.at("spec", "autoscale", "metric"),
                    hint=f"scale by {' or '.join(METRICS[serving])}, or serve in Knative mode",
                    related=((f"`{name}` is {serving}", subject.project.root.at(*declared)),),
                )
            if body.replicas.min == 0 and (serving == "Standard" or metric in BY_HPA):
                what = f"{serving} mode" if serving == "Standard" else f"scaling by {metric}"
                yield Diagnostic(
                    "autoscale-mode",
                    f"{what} keeps at least one replica",
                    spec.at("spec", "replicas", "min"),
                    hint="write `min: 1`, or scale by concurrency or rps in Knative mode",
                    related=((f"`{name}` is {serving}", subject.project.root.at(*declared)),),
                )


def _whole(spec: Spec, body: ServiceSpec) -> Iterator[Diagnostic]:
    if body.autoscale is not None and not scale_target(body.autoscale):
        message = f"KServe takes whole numbers here, and {body.autoscale.target} is none from 1"
        at = spec.at("spec", "autoscale", "target")
        yield Diagnostic("inexact-unit", message, at, hint="round it")
    if body.timeout is not None and not body.timeout.seconds_exact():
        message = f"KServe takes whole seconds from 1 here, and {body.timeout} is none"
        yield Diagnostic(
            "inexact-unit", message, spec.at("spec", "timeout"), hint="round it to seconds"
        )
