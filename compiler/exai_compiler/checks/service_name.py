"""`service-name`: names that Kubernetes and KServe can't take (LANGUAGE section 1.1, targets 1.1).

`name-clash`: two kinds whose objects would be the same.

KServe makes `<name>-predictor`, `-transformer`, `-explainer`, and the host `<name>-<namespace>`: 63
characters each. In Standard mode each component has a host, `<name>-predictor-<namespace>` where
the cluster's `domainTemplate` is the usual one, and no pods where that is longer (createRawURL in
pkg/controller/v1beta1/inferenceservice/reconcilers/raw; kserve/kserve issue 4807).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.service import CANARY, mode_of
from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import KINDS, NotebookSpec, ServiceSpec
from exai_specs.parse import Spec

LONGEST_LABEL = 63
SHARED = ("Graph", "LLMService", "Service")
# Their controllers make a Kubernetes Service called like the document; so does that of Notebooks.
LIKE_NOTEBOOKS = ("Graph", "Service")
TAKEN = ("-predictor", "-transformer", "-explainer")


def check(subject: Subject) -> Iterator[Diagnostic]:
    yield from _notebooks(subject)
    first: dict[str, Spec] = {}
    for spec in _named(subject):
        name = spec.ref.name
        other = first.setdefault(name, spec)
        if other is not spec:
            yield Diagnostic(
                "name-clash",
                f"{spec.ref} and {other.ref} would share a host and a Kubernetes Service",
                spec.at("metadata", "name"),
                hint="give one of them another name",
                related=((f"{other.ref}", other.at("metadata", "name")),),
            )
        if name.endswith(TAKEN):
            ending = next(ending for ending in TAKEN if name.endswith(ending))
            yield Diagnostic(
                "service-name",
                f"a {spec.ref.kind}'s name can't end in `{ending}`, KServe's own ending",
                spec.at("metadata", "name"),
                hint=f"write `{name.removesuffix(ending)}`",
            )
        if KINDS[spec.ref.kind].names.wrong(name):
            continue  # a name that can't be is told, and a shorter one will fit
        for key, environment in subject.environments.items():
            host = f"{name}-{environment.namespace}" if environment.namespace else name
            if len(host) > LONGEST_LABEL:
                place = subject.project.root.at("spec", "environments", key, "namespace")
                yield Diagnostic(
                    "service-name",
                    f"the host `{host}` has {len(host)} characters, more than {LONGEST_LABEL}",
                    spec.at("metadata", "name"),
                    hint="shorten the name or the namespace",
                    related=((f"the namespace of `{key}`", place),),
                    environments=(key,),
                )
            elif isinstance(spec.body, ServiceSpec):
                yield from _components(subject, spec, spec.body, key)


def _components(
    subject: Subject, spec: Spec, service: ServiceSpec, key: str
) -> Iterator[Diagnostic]:
    """The longest of the hosts that the parts of a service have in Standard mode."""
    environment = subject.environments[key]
    if (
        environment.target == "local"
        or not environment.namespace
        or mode_of(service, environment) != "Standard"
    ):
        return
    before = service.transformer is not None and not service.transformer.collocated
    parts = ["predictor"]
    parts += ["transformer"] if before or service.features is not None else []
    parts += ["explainer"] if service.explainer is not None else []
    parts += [f"{CANARY}-predictor"] if service.canary is not None else []
    host = f"{spec.ref.name}-{max(parts, key=len)}-{environment.namespace}"
    if len(host) > LONGEST_LABEL:
        place = subject.project.root.at("spec", "environments", key, "namespace")
        yield Diagnostic(
            "service-name",
            f"the host `{host}` has {len(host)} characters, more than {LONGEST_LABEL}: KServe "
            "makes no pods for it",
            spec.at("metadata", "name"),
            "warning",
            "shorten the name or the namespace; a cluster with a `domainTemplate` of its own may "
            "take it",
            ((f"the namespace of `{key}`", place),),
            (key,),
        )


def _notebooks(subject: Subject) -> Iterator[Diagnostic]:
    for spec, _ in subject.project.bodies(NotebookSpec):
        for kind in LIKE_NOTEBOOKS:
            other = subject.project.find(kind, spec.ref.name)
            if other is not None:
                yield Diagnostic(
                    "name-clash",
                    f"{spec.ref} and {other.ref} would share a Kubernetes Service",
                    spec.at("metadata", "name"),
                    hint="give one of them another name",
                    related=((f"{other.ref}", other.at("metadata", "name")),),
                )


def _named(subject: Subject) -> Iterator[Spec]:
    """Documents whose names become hosts and Kubernetes Services."""
    return (spec for spec in subject.project.specs.values() if spec.ref.kind in SHARED)
