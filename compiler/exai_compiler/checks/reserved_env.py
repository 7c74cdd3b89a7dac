"""`reserved-env`: environment variables that exai sets itself (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic

PREFIX = "EXAI_"
NAMES = ("MLFLOW_TRACKING_URI",)


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, path, variables in subject.variables():
        for name in variables:
            if name.startswith(PREFIX) or name in NAMES:
                yield Diagnostic(
                    "reserved-env",
                    f"`{name}` is set by exai",
                    spec.key_at(*path, name),
                    hint="give the variable another name",
                )
