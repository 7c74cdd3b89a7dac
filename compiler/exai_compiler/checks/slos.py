"""`slo-unmeasurable`: promises that nobody in an environment measures (LANGUAGE 8, targets 5)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.chosen import EXAIS, Chosen, choose
from exai_compiler.backends.kserve.own_runtimes import runtimes
from exai_compiler.backends.kserve.served import files_of, is_elsewhere
from exai_compiler.backends.kserve.service import mode_of
from exai_compiler.backends.kserve.signals import signals
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import Environment, ServiceSpec, Slo
from exai_specs.kinds.model_files import InlineModel
from exai_specs.kinds.service import CUSTOM
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, service in subject.project.bodies(ServiceSpec):
        if service.slo is None:
            continue
        for name, environment in subject.environments.items():
            if environment.target == "local":
                continue
            server = _server(subject, service, environment)
            for path, why, hint in _missing(spec, service, service.slo, environment, server):
                place = subject.project.root.key_at("spec", "environments", name)
                yield Diagnostic(
                    "slo-unmeasurable",
                    f"an environment {why}",
                    spec.key_at(*path),
                    "warning",
                    hint,
                    ((f"environment `{name}`", place),),
                    (name,),
                )


def _missing(
    spec: Spec, service: ServiceSpec, slo: Slo, environment: Environment, server: str | None
) -> Iterator[tuple[Path, str, str]]:
    monitoring = environment.monitoring
    if monitoring is None:
        hint = "add `monitoring: {podMonitor: true}` there"
        yield ("spec", "slo"), "watches nothing", hint
        return
    mode = mode_of(service, environment)
    found = signals(spec.ref.name, None, mode, monitoring.istio, server)
    asks = any((slo.latency.p50, slo.latency.p95, slo.latency.p99))
    hint = "serve in Knative mode, or add `monitoring: {istio: true}` where Istio counts requests"
    if asks and (found is None or not found.latency):
        yield ("spec", "slo", "latency"), "has no histogram of its response times", hint
    if slo.error_rate is not None and (found is None or not found.requests):
        yield ("spec", "slo", "errorRate"), "counts no failed requests of it", hint


def _server(subject: Subject, service: ServiceSpec, environment: Environment) -> str | None:
    """The runtime that answers; None for one that exai doesn't know."""
    if service.runtime == CUSTOM or service.model is None:
        return None
    model = service.model
    files = model if isinstance(model, InlineModel) else files_of(subject.project, model)
    if files is None:
        elsewhere = isinstance(model, str) and is_elsewhere(subject.project, model)
        return service.runtime if elsewhere else service.runtime or EXAIS[0].name
    chosen = choose(
        files.format,
        files.format_version,
        service.protocol,
        service.runtime,
        runtimes(subject.project, environment),
        files.digest is not None,
    )
    return chosen.name if isinstance(chosen, Chosen) else None
