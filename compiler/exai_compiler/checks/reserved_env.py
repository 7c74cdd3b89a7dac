"""`reserved-env`: environment variables that exai sets itself (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.platforms import release
from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import Environment, LLMServiceSpec, NotebookSpec, ServiceSpec

PREFIX = "EXAI_"
PYTHONPATH = "PYTHONPATH"  # pkg/validation/env_policy.go of kserve/kserve, since 0.18
STORAGE_URI = "STORAGE_URI"
BESIDE = ("spec", "transformer", "env")
SERVED = (ServiceSpec, LLMServiceSpec)
NAMES = ("MLFLOW_TRACKING_URI",)
# exai sets none in their containers, so a notebook may well name the registry.
UNSET = (LLMServiceSpec, NotebookSpec)


def check(subject: Subject) -> Iterator[Diagnostic]:
    later = [name for name, found in subject.environments.items() if _refuses(found)]
    for spec, path, variables in subject.variables():
        if isinstance(spec.body, SERVED) and later and PYTHONPATH in variables:
            root, there = subject.project.root, ("spec", "environments")
            yield Diagnostic(
                "reserved-env",
                f"KServe takes no container that sets `{PYTHONPATH}`",
                spec.key_at(*path, PYTHONPATH),
                hint="install the code into the image",
                related=tuple(
                    (f"`{name}` has KServe 0.18 or later", root.key_at(*there, name))
                    for name in later
                ),
                environments=tuple(later),
            )
        if isinstance(spec.body, ServiceSpec) and path == BESIDE and STORAGE_URI in variables:
            inside = spec.body.transformer
            if inside is not None and inside.collocated:
                yield Diagnostic(
                    "reserved-env",
                    f"KServe takes no `{STORAGE_URI}` of a transformer in the model's pods",
                    spec.key_at(*path, STORAGE_URI),
                    hint="remove it: it finds the model's files, and no others",
                )
        if isinstance(spec.body, UNSET):
            continue
        for name in variables:
            if name.startswith(PREFIX) or name in NAMES:
                yield Diagnostic(
                    "reserved-env",
                    f"`{name}` is set by exai",
                    spec.key_at(*path, name),
                    hint="give the variable another name",
                )


def _refuses(environment: Environment) -> bool:
    numbers = release(environment.platform).kserve.split(".")
    return environment.target != "local" and tuple(map(int, numbers)) >= (0, 18)
