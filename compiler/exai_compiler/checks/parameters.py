"""`unused-parameter`, `missing-default`: the parameters of a pipeline (LANGUAGE section 6.1)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.port_types import describe
from exai_compiler.checks.reads import Read
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import strings, value_at
from exai_compiler.graph import FromArtifact, FromParameter
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec
from exai_specs.regexes import regex

_BARE = regex(r"\bparameters\.([A-Za-z_]\w*)")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(PipelineSpec):
        used = _used(subject.reads[spec.ref.name])
        if not used >= body.parameters.keys():
            used |= _meant(subject, spec) & body.parameters.keys()
        # A misspelt or unreadable reference may be meant for any of them: that is said already.
        certain = used <= {*body.parameters, *body.artifacts}
        for name in body.artifacts if certain else ():
            if name not in used:
                hint = f"use it: ${{{{ artifacts.{name} }}}}, or remove it"
                at = spec.key_at("spec", "artifacts", name)
                yield Diagnostic("unused-parameter", f"no step reads `{name}`", at, "warning", hint)
        for name, parameter in body.parameters.items():
            path = ("spec", "parameters", name)
            if certain and name not in used:
                hint = f"use it: ${{{{ parameters.{name} }}}}, or remove it"
                yield Diagnostic(
                    "unused-parameter",
                    f"no step reads `{name}`",
                    spec.key_at(*path),
                    "warning",
                    hint,
                )
            if parameter.default is None and not parameter.optional and _may_start(subject, body):
                yield Diagnostic(
                    "missing-default",
                    f"`{name}` has no default, and an apply that starts a run can't ask for it",
                    spec.key_at(*path),
                    hint=f"add `default:` ({describe(parameter.type)}), or `run: {{on: []}}`",
                )


def _used(read: Read) -> set[str]:
    """The names after `parameters.` and `artifacts.` in all expressions; an unreadable one counts
    as `?`.
    """
    used = {s.name for s in read.sources if isinstance(s, FromParameter | FromArtifact)}
    return used | {"?"} if read.broken else used


def _meant(subject: Subject, spec: Spec) -> set[str]:
    """The parameters that inputs name without the braces: what to write is told there."""
    steps = subject.graphs[spec.ref.name].steps.values()
    values = (value_at(spec.document.value, (*step.path, "with")) for step in steps)
    return {name for value in values for _, text in strings(value) for name in _BARE.findall(text)}


def _may_start(subject: Subject, body: PipelineSpec) -> bool:
    """Whether an apply may start a run by itself; unset, it may on the local target only."""
    if body.artifacts:
        return False
    if body.run.on is not None:
        return bool(body.run.on)
    return any(environment.target == "local" for environment in subject.environments.values())
