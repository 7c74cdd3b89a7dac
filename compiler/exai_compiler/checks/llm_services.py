"""LLMServices, as KServe's webhook and controller want them (targets 1.9).

`model-scheme`: files that its controller doesn't fetch. `adapter-name`: an adapter that is called
like its model. `platform-field`: what an older KServe of an environment drops. `needs-gateway`: a
router where there is no Gateway API.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.llm_service import KIND
from exai_compiler.backends.kserve.releases import NOT_IN_0_16, older
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path, value_at
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import Environment, LLMServiceSpec
from exai_specs.kinds.llm_service import ReplicaRange
from exai_specs.parse import Spec

# pkg/controller/v1alpha1/llmisvc/workload_storage.go, and the CRD's own words on adapters.
MODELS = ("hf", "s3", "pvc", "oci")
ADAPTERS = ("hf", "s3", "pvc")

# Fields of a document that become fields which KServe 0.16 doesn't have.
NEWER: tuple[Path, ...] = (
    ("podLabels",),
    ("podAnnotations",),
    ("model", "lora"),
    ("router", "route", "group"),
    ("prefill", "podLabels"),
    ("prefill", "podAnnotations"),
)


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(LLMServiceSpec):
        yield from _model(spec, body)
        for name, environment in subject.environments.items():
            if environment.target != "local":
                yield from _environment(subject, spec, body, name, environment)


def _model(spec: Spec, body: LLMServiceSpec) -> Iterator[Diagnostic]:
    yield from _scheme(spec, ("spec", "model", "uri"), body.model.uri, MODELS)
    if body.model.lora is None:
        return
    for name, uri in body.model.lora.adapters.items():
        path: Path = ("spec", "model", "lora", "adapters", name)
        yield from _scheme(spec, path, uri, ADAPTERS)
        if name == (body.model.name or spec.ref.name):
            named = ("spec", "model", "name") if body.model.name else ("metadata", "name")
            yield Diagnostic(
                "adapter-name",
                f"a request for `{name}` would mean the model or its adapter",
                spec.key_at(*path),
                hint="give one of them another name",
                related=(("the model's name", spec.at(*named)),),
            )


def _scheme(spec: Spec, path: Path, uri: str, known: tuple[str, ...]) -> Iterator[Diagnostic]:
    scheme = uri.partition("://")[0]
    if scheme not in known:
        words = ", ".join(f"{each}://" for each in known)
        hint = f"KServe takes {words}"
        yield Diagnostic(
            "model-scheme",
            f"KServe fetches nothing for a language model from {scheme}://",
            spec.at(*path),
            hint=did_you_mean(scheme, known, hint),
        )


def _environment(
    subject: Subject, spec: Spec, body: LLMServiceSpec, name: str, environment: Environment
) -> Iterator[Diagnostic]:
    place = subject.project.root.key_at("spec", "environments", name)
    related = ((f"environment `{name}`", place),)
    if body.router is not None and not environment.serving.gateway_api:
        yield Diagnostic(
            "needs-gateway",
            "KServe routes requests to language models by the Gateway API alone",
            spec.key_at("spec", "router"),
            hint="write `serving: {gatewayApi: true}` there, or leave the router out",
            related=related,
            environments=(name,),
        )
    release = older(environment)
    for path, field in _newer(spec, body) if release is not None else ():
        yield Diagnostic(
            "platform-field",
            f"KServe {release}, the one on the platform of `{name}`, knows no {field} in an {KIND}",
            spec.key_at(*path),
            hint="remove it; or, where a newer KServe is, write `platform: latest` there",
            related=related,
            environments=(name,),
        )


def _newer(spec: Spec, body: LLMServiceSpec) -> Iterator[tuple[Path, str]]:
    """What KServe 0.16 would drop: its place, and what it is called."""
    document = spec.document.value
    for below in NEWER:
        if value_at(document, ("spec", *below)) is not None:
            yield ("spec", *below), f"`{_dotted(below)}`"
    for path, block in ((("spec",), body), (("spec", "prefill"), body.prefill)):
        stated = block.replicas if block is not None else 1
        if isinstance(stated, ReplicaRange) and stated.min != stated.max:
            yield (*path, "replicas"), "replicas that change by themselves"
    for below in NOT_IN_0_16:
        here: Path = ("spec", "patches", KIND, *below)
        if value_at(document, here) is not None:
            yield here, f"`{_dotted(below)}`"


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)
