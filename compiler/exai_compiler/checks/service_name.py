"""`service-name`: names that Kubernetes and KServe can't take (LANGUAGE section 1.1, targets 1.1).

KServe makes `<name>-predictor`, `-transformer`, `-explainer`, and the host `<name>-<namespace>`: 63
characters each.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ServiceSpec

LONGEST_LABEL = 63
LONGEST = LONGEST_LABEL - len("-transformer")
TAKEN = ("-predictor", "-transformer", "-explainer")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, _ in subject.project.bodies(ServiceSpec):
        name, at = spec.ref.name, spec.at("metadata", "name")
        for ending in TAKEN:
            if name.endswith(ending):
                message = f"a Service's name can't end in `{ending}`, KServe's own ending"
                yield Diagnostic(
                    "service-name", message, at, hint=f"write `{name.removesuffix(ending)}`"
                )
        if len(name) > LONGEST:
            message = (
                f"a Service's name has at most {LONGEST} characters, and this one has {len(name)}"
            )
            yield Diagnostic("service-name", message, at, hint="shorten it")
            continue
        for key, environment in subject.environments.items():
            host = f"{name}-{environment.namespace}" if environment.namespace else name
            if len(host) > LONGEST_LABEL:
                yield Diagnostic(
                    "service-name",
                    f"the host `{host}` has {len(host)} characters, more than {LONGEST_LABEL}",
                    at,
                    hint="shorten the name or the namespace",
                    related=(
                        (
                            f"the namespace of `{key}`",
                            subject.project.root.at("spec", "environments", key, "namespace"),
                        ),
                    ),
                )
