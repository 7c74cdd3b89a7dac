"""`run-in-text`: what a run says of itself, inside of a text, list or struct of `with` (LANGUAGE
section 6.3).

The driver of Kubeflow Pipelines fills such a value in only where it is the whole input; elsewhere
the step would get the placeholder. `run.workspace` is filled in later, anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.bodies.container import RUN_VALUES
from exai_compiler.checks.occurrences import words
from exai_compiler.checks.subject import Subject
from exai_compiler.graph import FromRun
from exai_specs.diagnostics import Diagnostic

ANYWHERE = ("workspace",)


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, _, occurrence in subject.referring(FromRun):
        source = occurrence.source
        if occurrence.step.spec.body == "pipeline":  # nothing is filled in there, which is said
            continue
        if not isinstance(source, FromRun) or source.name not in RUN_VALUES:
            continue
        if source.name in ANYWHERE or (occurrence.whole and not occurrence.inner):
            continue
        yield Diagnostic(
            "run-in-text",
            f"`{words(source)}` is filled in only where it is the whole input: "
            f"`{occurrence.port}` would get a placeholder",
            occurrence.at(spec),
            hint="give it by an input of its own, and put the text together in the step",
        )
