"""`unknown-alias`: an alias that the Model doesn't declare (LANGUAGE sections 1.2 and 7)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import ModelSpec, ServiceSpec
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ModelSpec):
        for metric, gate in body.gates.items():
            if gate.no_worse_than is not None:
                path = ("spec", "gates", metric, "noWorseThan")
                if gate.no_worse_than not in body.aliases:
                    yield _unknown(spec, body, gate.no_worse_than, spec.at(*path))
    for spec, service in subject.project.bodies(ServiceSpec):
        name, _, alias = service.model.partition("@")
        model = subject.project.find("Model", name)
        if alias.isdigit() or model is None or not isinstance(model.body, ModelSpec):
            continue
        if alias not in model.body.aliases:
            at = spec.document.at(("spec", "model"), len(name) + 1)
            yield _unknown(model, model.body, alias, at)


def _unknown(model: Spec, body: ModelSpec, alias: str, at: Span) -> Diagnostic:
    otherwise = f"add it: aliases: {{{alias}: {{promote: auto}}}}"
    return Diagnostic(
        "unknown-alias",
        f"Model `{model.ref.name}` declares no alias `{alias}`",
        at,
        hint=did_you_mean(alias, body.aliases, otherwise),
        related=(("the model", model.at("metadata", "name")),),
    )
