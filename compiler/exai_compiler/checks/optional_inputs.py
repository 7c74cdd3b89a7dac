"""`optional-parameter`: a parameter that may be nothing, given to what needs a value.

`ignored-input`: a step that runs after a failure, and needs what the failed step makes (LANGUAGE
sections 6.2 and 6.3).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.bodies.presence import bare, chosen, presence
from exai_compiler.catalog import Component
from exai_compiler.checks.occurrences import Occurrence
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import under_with
from exai_compiler.graph import FromParameter, FromStep, bind
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import has_expression
from exai_specs.kinds import PipelineSpec
from exai_specs.kinds.parameter import ParameterFields

_HINT = "give the parameter a default, or don't make it optional"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(PipelineSpec):
        for path, given, items in subject.reads[spec.ref.name].names:
            if not has_expression(given.text):
                continue
            match bind(given.text, items):
                case FromParameter(name) if _may_be_nothing(body.parameters.get(name)):
                    yield Diagnostic(
                        "optional-parameter",
                        f"`{name}` may be nothing, and a value is needed here",
                        spec.at(*path, *given.path),
                        hint=_HINT,
                        related=(("declared here", spec.key_at("spec", "parameters", name)),),
                    )
    yield from _decided(subject)
    yield from _bare(subject)
    for spec, graph, occurrence in subject.referring(FromParameter, FromStep):
        step = occurrence.step
        match occurrence.source:
            case FromParameter(name) if _may_be_nothing(graph.parameters.get(name)):
                if (component := _needing(occurrence)) is not None:
                    yield Diagnostic(
                        "optional-parameter",
                        f"`{name}` may be nothing, and {component.name} needs a value "
                        f"for `{occurrence.port}`",
                        occurrence.at(spec),
                        hint=_HINT,
                        related=(("declared here", spec.key_at("spec", "parameters", name)),),
                    )
                elif occurrence.inner or not occurrence.whole:
                    yield Diagnostic(
                        "optional-parameter",
                        f"`{name}` may be nothing, and a value is made of it here",
                        occurrence.at(spec),
                        hint=f"{_HINT}; a whole input may be nothing, if it may be left out",
                        related=(("declared here", spec.key_at("spec", "parameters", name)),),
                    )
            case FromStep(name) if step.spec.ignore_upstream_failure:
                if _needing(occurrence) is not None:
                    yield Diagnostic(
                        "ignored-input",
                        f"this runs even when `{name}` failed, and needs its output for "
                        f"`{occurrence.port}`",
                        occurrence.at(spec),
                        hint="take it for an input that has a default, or name the step in `after`",
                    )
            case _:
                pass


def _needing(occurrence: Occurrence) -> Component | None:
    """The component that must be given this input; None where it may be left out."""
    component = occurrence.step.component
    port = component.inputs.get(occurrence.port) if component is not None else None
    return component if port is not None and not port.optional else None


def _decided(subject: Subject) -> Iterator[Diagnostic]:
    """Conditions and lists of loops."""
    for graph in subject.graphs.values():
        spec = subject.project.specs[graph.pipeline]
        for mention in subject.mentions[graph.pipeline.name]:
            match mention.source:
                case FromParameter(name) if _may_be_nothing(graph.parameters.get(name)):
                    what = "a list" if mention.field == "in" else "a value"
                    yield Diagnostic(
                        "optional-parameter",
                        f"`{name}` may be nothing, and {what} is needed here",
                        mention.at(spec),
                        hint=_HINT,
                        related=(("declared here", spec.key_at("spec", "parameters", name)),),
                    )
                case _:
                    pass


def _bare(subject: Subject) -> Iterator[Diagnostic]:
    """Inputs of containers that their arguments hold, whether there is a value or not."""
    for spec, graph, step in subject.naming:
        if (
            step.component is None
            or not (there := presence(graph, step.component, step.inputs)).open
        ):
            continue
        arguments = chosen((*step.component.command, *step.component.args), there)
        for name in sorted(set(bare(arguments, there))):
            source = step.inputs[name]
            given = source.name if isinstance(source, FromParameter) else name
            ask = (
                f"write {{ifPresent: {name}, then: [...]}} around it"
                if step.spec.body == "image"
                else f"let the component ask for it: {{if: {{cond: {{isPresent: {name}}}, ...}}}}"
            )
            yield Diagnostic(
                "optional-parameter",
                f"`{given}` may be nothing, and the arguments hold `{name}` all the same",
                spec.at(*under_with(step.path, name)),
                hint=f"{ask}; or give the parameter a default",
                related=(("declared here", spec.key_at("spec", "parameters", given)),),
            )


def _may_be_nothing(parameter: ParameterFields | None) -> bool:
    return parameter is not None and parameter.optional and parameter.default is None
