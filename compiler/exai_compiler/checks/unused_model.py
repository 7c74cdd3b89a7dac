"""`unused-model`: a Model that is just files, and that nothing serves or names.

One that a pipeline registers, or that the registry has, is there without a service, too; the files
of a language model an LLMService serves without its name.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.columns import text
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ModelSpec
from exai_specs.kinds.model_files import Files
from exai_specs.nearest import nearest

_OF_LANGUAGE = "huggingface"


def check(subject: Subject) -> Iterator[Diagnostic]:
    project = subject.project
    files = [
        spec
        for spec, body in project.bodies(ModelSpec)
        if isinstance(body.source, Files)
        and body.task != "generation"
        and body.source.format != _OF_LANGUAGE
    ]
    if not files:
        return
    named = {reference.partition("@")[0] for _, _, reference in subject.models()}
    named.update(name for _, _, _, name in subject.by_ref.get("Model", ()))
    # Of a component that nobody knows, any input may name a Model.
    for _, _, step in subject.steps_of(("",)):
        named.update(text(binding) for binding in step.inputs.values())
    # A misspelt name is told where it stands; what it was meant for is served.
    known = project.names("Model")
    named |= {nearest(name, known) or "" for name in named if name and name not in known}
    for spec in files:
        if spec.ref.name not in named:
            yield Diagnostic(
                "unused-model",
                f"nothing serves the files of `{spec.ref.name}`",
                spec.at("metadata", "name"),
                "warning",
                f"add a Service with `model: {spec.ref.name}`, or remove it",
            )
