"""`unknown-alias`: an alias that the Model doesn't declare. `model-version`: a reference without
the version that a registered model needs, or with one that files don't have (LANGUAGE sections 1.2
and 7).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean, removed_there
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import ModelSpec
from exai_specs.kinds.model_files import Files
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ModelSpec):
        for metric, gate in body.gates.items():
            alias = gate.no_worse_than
            if alias is not None and alias not in body.aliases:
                at = spec.at("spec", "gates", metric, "noWorseThan")
                yield _unknown(spec, body, alias, at)
    for spec, path, reference in subject.models():
        name, at_sign, alias = reference.partition("@")
        model = subject.project.find("Model", name)
        if model is None or not isinstance(model.body, ModelSpec):
            continue
        if isinstance(model.body.source, Files) == bool(at_sign):
            yield _version(spec, path, name, model, isinstance(model.body.source, Files))
        elif alias and not alias.isdigit() and alias not in model.body.aliases:
            at = spec.document.at(path, len(name) + 1)
            # The registry has the aliases of a model that others make.
            if model.body.source is None:
                yield _unknown(model, model.body, alias, at)


def _version(
    spec: Spec, path: tuple[str | int, ...], name: str, model: Spec, files: bool
) -> Diagnostic:
    wrong = f"`{name}` is registered, so a reference says which version"
    hint = f"write {name}@champion, or {name}@1 for a version"
    if files:
        wrong, hint = f"`{name}` is just files, without aliases or versions", f"write {name}"
    place = ("the model", model.at("metadata", "name"))
    return Diagnostic("model-version", wrong, spec.at(*path), hint=hint, related=(place,))


def _unknown(model: Spec, body: ModelSpec, alias: str, at: Span) -> Diagnostic:
    hint = did_you_mean(alias, body.aliases, f"add it: aliases: {{{alias}: {{promote: auto}}}}")
    if model.document.removed(("spec", "aliases", alias)):
        hint = removed_there("aliases", alias)
    return Diagnostic(
        "unknown-alias",
        f"Model `{model.ref.name}` declares no alias `{alias}`",
        at,
        hint=hint,
        related=(("the model", model.at("metadata", "name")),),
    )
