"""`unknown-alias`: an alias that the Model doesn't declare (LANGUAGE sections 1.2 and 7)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import ModelSpec, ServiceSpec
from exai_specs.names import parse_model_name
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ModelSpec):
        for metric, gate in body.gates.items():
            if gate.no_worse_than is not None:
                at = spec.at("spec", "gates", metric, "noWorseThan")
                yield from _alias(spec, body, gate.no_worse_than, at)
    for spec, service in subject.project.bodies(ServiceSpec):
        named = parse_model_name(service.model)
        model = subject.project.find("Model", named.name)
        if named.alias is not None and model is not None and isinstance(model.body, ModelSpec):
            at = spec.document.at(("spec", "model"), len(named.name) + 1)
            yield from _alias(model, model.body, named.alias, at)


def _alias(model: Spec, body: ModelSpec, alias: str, at: Span) -> Iterator[Diagnostic]:
    if alias not in body.aliases:
        otherwise = f"add it: aliases: {{{alias}: {{promote: auto}}}}"
        yield Diagnostic(
            "unknown-alias",
            f"Model `{model.ref.name}` declares no alias `{alias}`",
            at,
            hint=did_you_mean(alias, body.aliases, otherwise),
            related=(("the model", model.at("metadata", "name")),),
        )
