"""`reserved-env`: environment variables that exai sets itself (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import LLMServiceSpec, NotebookSpec

PREFIX = "EXAI_"
NAMES = ("MLFLOW_TRACKING_URI",)
# exai sets none in their containers, so a notebook may well name the registry.
UNSET = (LLMServiceSpec, NotebookSpec)


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, path, variables in subject.variables():
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
