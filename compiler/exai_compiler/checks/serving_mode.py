"""`serving-mode`: fields that the mode of an environment doesn't have, or that KServe's webhook
refuses there (targets 1.1 and 1.3). `needs-graph`: a canary that its KServe doesn't have.
`needs-gateway`: a canary in Standard mode splits traffic by the Gateway API alone.
`canary-unreached`: one behind a transformer there. `canary-phase`: what Knative takes for the
stable model. `rollout-not-walked`: steps that nothing honours yet.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.platforms import release
from exai_compiler.backends.kserve.scale import Mode
from exai_compiler.backends.kserve.service import ROLLOUT, mode_of
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import Environment, LLMServiceSpec, ServiceSpec
from exai_specs.parse import Spec
from exai_specs.units import Percent
from exai_specs.values import replace

# Field -> the mode that has it, and why not the other.
ONLY: dict[str, tuple[Mode, str]] = {
    "concurrency": ("Knative", "a Deployment takes every request"),
    "deploymentStrategy": ("Standard", "Knative replaces revisions its own way"),
}


def check(subject: Subject) -> Iterator[Diagnostic]:
    yield from _unrouted(subject)
    for spec, service in subject.project.bodies(ServiceSpec):
        yield from _whole_percent(spec, service)
        asked = (service.concurrency, service.deployment_strategy, service.rollout, service.canary)
        if all(each is None for each in asked):
            continue
        for name, environment in subject.environments.items():
            if environment.target == "local":
                continue
            for each in _there(subject, spec, service, name, environment):
                yield replace(each, environments=(name,))


def _there(
    subject: Subject, spec: Spec, service: ServiceSpec, name: str, environment: Environment
) -> Iterator[Diagnostic]:
    """What is wrong with one service in one environment."""
    stated = {
        "concurrency": service.concurrency is not None,
        "deploymentStrategy": service.deployment_strategy is not None,
    }
    mode = mode_of(service, environment)
    place = subject.project.root.key_at("spec", "environments", name)
    related = ((f"`{name}` is {mode}", place),)
    if service.mode is not None:
        related = ((f"this service is {mode}", spec.at("spec", "mode")),)
    for field, (only, why) in ONLY.items():
        if stated[field] and mode != only:
            yield Diagnostic(
                "serving-mode",
                f"{mode} mode has no `{field}`: {why}",
                spec.key_at("spec", field),
                hint=f"remove it, or serve in {only} mode",
                related=related,
            )
    split = "rollout" if service.rollout is not None else "canary"
    if service.rollout is not None:
        yield Diagnostic(
            "rollout-not-walked",
            "nothing walks these steps there yet: a new version gets every request once "
            "it is ready",
            spec.key_at("spec", "rollout"),
            "note",
            f"the InferenceService bears them as {ROLLOUT}; a `canary` splits requests now",
            related,
        )
    elif service.canary is None:
        return
    there = release(environment.platform)
    if mode == "Standard" and not there.canaries:
        yield Diagnostic(
            "needs-graph",
            f"KServe {there.kserve} splits no traffic in Standard mode",
            spec.key_at("spec", split),
            hint="split between two services by a Graph, or serve in Knative mode",
            related=(*related, (f"`{environment.platform}` has it", place)),
        )
    elif mode == "Standard" and not environment.serving.gateway_api:
        yield Diagnostic(
            "needs-gateway",
            "in Standard mode only the Gateway API splits traffic",
            spec.key_at("spec", split),
            hint="write `serving: {gatewayApi: true}` there, serve in Knative mode, or "
            "split between two services by a Graph",
            related=related,
        )
    yield from _canary(spec, service, mode, related)


def _canary(
    spec: Spec, service: ServiceSpec, mode: Mode, related: tuple[tuple[str, Span], ...]
) -> Iterator[Diagnostic]:
    """What becomes of a canary in the mode of a service."""
    if service.canary is None:
        return
    if mode == "Standard" and _is_transformed(service):
        yield Diagnostic(
            "canary-unreached",
            "in Standard mode a transformer asks the stable model alone, so no transformed "
            "request reaches the canary",
            spec.key_at("spec", "canary"),
            "warning",
            "run the transformer in the model's pods (`collocated: true`), serve in "
            "Knative mode, or split between two services by a Graph",
            related,
        )
    if mode == "Knative":
        if service.canary.replicas is not None:
            yield Diagnostic(
                "serving-mode",
                "Knative mode has no `replicas` of a canary: it scales each revision alike",
                spec.key_at("spec", "canary", "replicas"),
                hint="remove it, or serve in Standard mode",
                related=related,
            )
        yield Diagnostic(
            "canary-phase",
            "Knative gives the rest of the requests to the revision that is rolled out",
            spec.key_at("spec", "canary"),
            "note",
            "roll out `model` without a canary first",
            related,
        )


def _is_transformed(service: ServiceSpec) -> bool:
    """Whether pods of their own ask the model: KServe tells them the name of the stable one's
    Kubernetes Service (`--predictor_host`, targets 1.1)."""
    apart = service.transformer is not None and not service.transformer.collocated
    return apart or service.features is not None


def _unrouted(subject: Subject) -> Iterator[Diagnostic]:
    """The Gateway API where nothing asks it: Knative has routes of its own."""
    services = [body for _, body in subject.project.bodies(ServiceSpec)]
    asked = any(True for _ in subject.project.bodies(LLMServiceSpec))
    for name, environment in subject.environments.items():
        serving = environment.serving
        if environment.target == "local" or not serving.gateway_api or serving.mode != "Knative":
            continue
        if asked or any(mode_of(service, environment) == "Standard" for service in services):
            continue
        yield Diagnostic(
            "serving-mode",
            "Knative mode has no `gatewayApi`: its services are routed by Knative's own ingress",
            subject.project.root.key_at("spec", "environments", name, "serving", "gatewayApi"),
            hint="remove it, or write `mode: Standard`",
            environments=(name,),
        )


def _whole_percent(spec: Spec, service: ServiceSpec) -> Iterator[Diagnostic]:
    shares: list[tuple[Path, Percent]] = []
    if service.rollout is not None:
        steps = enumerate(service.rollout.steps)
        shares += ((("spec", "rollout", "steps", index), step) for index, step in steps)
    if service.canary is not None:
        shares.append((("spec", "canary", "traffic"), service.canary.traffic))
    for path, share in shares:
        if share.percent != int(share.percent):
            yield Diagnostic(
                "inexact-unit",
                f"KServe takes whole percents here, and {share} is none",
                spec.at(*path),
                hint="round it",
            )
    if service.canary is None:
        return
    replicas = service.canary.replicas
    if replicas is not None and replicas > service.replicas.min:
        yield Diagnostic(
            "serving-mode",
            f"a canary has at most as many instances as `replicas.min`, {service.replicas.min}",
            spec.at("spec", "canary", "replicas"),
            hint="lower it, or raise replicas.min",
        )
