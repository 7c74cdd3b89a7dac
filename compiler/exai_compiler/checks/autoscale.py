"""`autoscale-mode`: what a serving mode can't scale by, or down to (targets 1.2).

`inexact-unit`: what KServe rounds. `unmeasured-container`: one without a request, beside which no
HPA scales.

Standard mode scales by cpu or memory (HPA, which keeps one replica), by KEDA, or not at all.
Knative scales by concurrency or rps, and by cpu or memory with the HPA class, which keeps one, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from exai_compiler.backends.kserve.scale import BY_HPA, Mode, scale_target
from exai_compiler.backends.kserve.service import mode, mode_of
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import Autoscale, GraphSpec, Replicas, ServiceSpec
from exai_specs.kinds.components import ComponentFields
from exai_specs.parse import Spec
from exai_specs.units import Duration
from exai_specs.values import replace

METRICS: dict[Mode, tuple[str, ...]] = {
    "Standard": BY_HPA,
    "Knative": ("concurrency", "rps", *BY_HPA),
}


def check(subject: Subject) -> Iterator[Diagnostic]:
    modes = {name: _mode_of_all(subject, name) for name in subject.environments}
    for spec, graph in subject.project.bodies(GraphSpec):
        yield from _target(spec, ("spec",), graph)
        for name, environment in subject.environments.items():
            for each in _judged(spec, ("spec",), graph, mode(environment), modes[name]):
                yield replace(each, environments=(name,))
    for spec, service in subject.project.bodies(ServiceSpec):
        for path, block in components(service):
            yield from _whole(spec, path, block)
            if block.autoscale is not None and block.autoscale.keda is not None:
                from exai_compiler.checks.keda_triggers import triggers

                yield from triggers(spec, path, block.autoscale)
            yield from _same_way(spec, path, service, block)
            for name, environment in subject.environments.items():
                found = mode_of(service, environment)
                if environment.target != "local" and found == "Standard":
                    for each in _blind(spec, path, block):
                        yield replace(each, environments=(name,))
                related = modes[name]
                if service.mode is not None:
                    related = ((f"this service is {found}", spec.at("spec", "mode")),)
                for each in _judged(spec, path, block, found, related):
                    yield replace(each, environments=(name,))


class Scaled(Protocol):
    """What has instances."""

    @property
    def replicas(self) -> Replicas: ...

    @property
    def autoscale(self) -> Autoscale | None: ...


Related = tuple[tuple[str, Span], ...]


def _mode_of_all(subject: Subject, name: str) -> Related:
    """Where an environment says the mode of all services that have none of their own."""
    at = subject.project.root.at("spec", "environments", name, "serving", "mode")
    return ((f"`{name}` is {mode(subject.environments[name])}", at),)


def components(service: ServiceSpec) -> Iterator[tuple[Path, ComponentFields]]:
    """The components that scale by themselves, with their paths."""
    yield ("spec",), service
    if service.transformer is not None and not service.transformer.collocated:
        yield ("spec", "transformer"), service.transformer
    if service.explainer is not None:
        yield ("spec", "explainer"), service.explainer


def _judged(
    spec: Spec,
    path: Path,
    block: Scaled,
    mode: Mode,
    related: Related,
) -> Iterator[Diagnostic]:
    scaling = block.autoscale
    by = scaling.metric if scaling is not None else None
    if by is not None and by not in METRICS[mode]:
        yield Diagnostic(
            "autoscale-mode",
            f"{mode} mode can't scale by {by}",
            spec.at(*path, "autoscale", "metric"),
            hint=f"scale by {' or '.join(METRICS[mode])}, or serve in Knative mode",
            related=related,
        )
    for field, stated in (
        ("keda", scaling is not None and scaling.keda is not None),
        ("none", scaling is not None and scaling.none is not None),
    ):
        if stated and mode == "Knative":
            yield Diagnostic(
                "autoscale-mode",
                f"Knative scales by itself, so `autoscale.{field}` means nothing",
                spec.key_at(*path, "autoscale", field),
                hint="scale by concurrency or rps, or serve in Standard mode",
                related=related,
            )
    keda = scaling.keda if scaling is not None else None
    to_zero = any(each.resource is None for each in keda or ())
    if mode == "Knative":
        to_zero = by not in BY_HPA
    if block.replicas.min == 0 and not to_zero:
        what = f"{mode} mode" if mode == "Standard" else f"scaling by {by}"
        if mode == "Standard" and keda is not None:
            what = "KEDA with triggers of cpu and memory alone"
        yield Diagnostic(
            "autoscale-mode",
            f"{what} keeps at least one replica",
            spec.at(*path, "replicas", "min"),
            hint="write `min: 1`, or scale by concurrency or rps in Knative mode",
            related=related,
        )


def _blind(spec: Spec, path: Path, block: ComponentFields) -> Iterator[Diagnostic]:
    """What an HPA can't measure: it holds what all containers of a pod use against what they
    request, and gives up where one requests nothing (k8s.io/kubernetes,
    pkg/controller/podautoscaler: calculatePodRequests). KServe makes one unless told otherwise.
    """
    scaling = block.autoscale
    by = (scaling.metric if scaling is not None else None) or "cpu"
    if (scaling is not None and scaling.metric is None) or block.replicas.max == block.replicas.min:
        return
    for name, sidecar in block.sidecars.items():
        amounts = sidecar.resources
        stated = amounts is not None and getattr(amounts, by, None) is not None
        limited = amounts is not None and getattr(amounts.limits, by, None) is not None
        if by in BY_HPA and not stated and not limited:
            yield Diagnostic(
                "unmeasured-container",
                f"scaling by {by} measures every container of a pod, and `{name}` requests no {by}",
                spec.key_at(*path, "sidecars", name),
                "warning",
                f"add `resources: {{{by}: {'100m' if by == 'cpu' else '128Mi'}}}`",
            )


def _same_way(
    spec: Spec, path: Path, service: ServiceSpec, block: ComponentFields
) -> Iterator[Diagnostic]:
    """One annotation of the whole service chooses the autoscaler."""
    if block is service or block.autoscale is None or _way(block) == _way(service):
        return
    yield Diagnostic(
        "autoscale-mode",
        "the components of a service are scaled by one autoscaler",
        spec.at(*path, "autoscale"),
        hint="scale it the way that the service's own `autoscale` does",
        related=(("the service", spec.key_at("spec", "autoscale")),),
    )


def _way(block: ComponentFields) -> str:
    scaling = block.autoscale
    if scaling is None:
        return "metric"
    return "keda" if scaling.keda is not None else "none" if scaling.none is not None else "metric"


def _whole(spec: Spec, path: Path, block: ComponentFields) -> Iterator[Diagnostic]:
    yield from _target(spec, path, block)
    yield from _seconds(spec, (*path, "timeout"), block.timeout)
    if isinstance(block, ServiceSpec) and block.batcher is not None:
        yield from _seconds(spec, (*path, "batcher", "timeout"), block.batcher.timeout)


def _target(spec: Spec, path: Path, block: Scaled) -> Iterator[Diagnostic]:
    scaling = block.autoscale
    if scaling is not None and scaling.metric is not None and not scale_target(scaling):
        message = f"KServe takes whole numbers here, and {scaling.target} is none from 1"
        at = spec.at(*path, "autoscale", "target")
        yield Diagnostic("inexact-unit", message, at, hint="round it")


def _seconds(spec: Spec, path: Path, timeout: Duration | None) -> Iterator[Diagnostic]:
    if timeout is not None and not timeout.seconds_exact():
        message = f"KServe takes whole seconds from 1 here, and {timeout} is none"
        yield Diagnostic("inexact-unit", message, spec.at(*path), hint="round it to seconds")
