"""`wrong-input-type`: a literal, output or parameter of another type than the input asks for
(LANGUAGE section 2.1).

`untyped-input` is the note for what nobody can tell before it runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.catalog import Component, Port
from exai_compiler.checks.occurrences import Occurrence, occurrences, words
from exai_compiler.checks.port_types import (
    NO_FIELD,
    assignable,
    describe,
    is_artifact,
    misfits,
    port_type,
    refined_at,
)
from exai_compiler.checks.subject import Subject, under_with
from exai_compiler.graph import Broken, Constant, FromParameter, FromRun, FromStep, Graph, Step
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec
from exai_specs.types import Scalar, Type

# What stands in text as it is.
PRIMITIVE = ("string", "integer", "double", "boolean")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, graph, step in subject.steps():
        if step.component is None:
            continue
        for name, binding in step.inputs.items():
            port = step.component.inputs.get(name)
            if port is None or name in step.component.filled or isinstance(binding, Broken):
                continue
            if kind := step.component.refs.get(name):
                yield from _reference(spec, step, name, kind)
            else:
                yield from _literals(spec, step, port)
        yield from _occurrences(spec, graph, step, step.component)


def _reference(spec: Spec, step: Step, name: str, kind: str) -> Iterator[Diagnostic]:
    binding = step.inputs[name]
    if not isinstance(binding, Constant) or not isinstance(binding.value, str):
        yield Diagnostic(
            "wrong-input-type",
            f"`{name}` must be the bare name of a {kind}",
            spec.at(*under_with(step, name)),
            hint=f"write the name of a {kind} document",
        )


def _literals(spec: Spec, step: Step, port: Port) -> Iterator[Diagnostic]:
    for path, message, hint in misfits(step.spec.with_[port.name], port_type(port)):
        place = (*under_with(step, port.name), *path)
        name = ".".join(str(part) for part in (port.name, *path))
        at = spec.key_at(*place) if message == NO_FIELD else spec.at(*place)
        yield Diagnostic("wrong-input-type", f"`{name}` {message}", at, hint=hint)


def _occurrences(
    spec: Spec, graph: Graph, step: Step, component: Component
) -> Iterator[Diagnostic]:
    for occurrence in occurrences(step):
        port = component.inputs.get(occurrence.port)
        if port is None or occurrence.port in component.filled or occurrence.port in component.refs:
            continue
        found = _type_of(spec, graph, occurrence)
        if found is None:
            continue
        wanted, source, related = _wanted(port, occurrence), found[0], found[1]
        if wanted is None:
            continue
        name = words(occurrence.source)
        result = assignable(source, wanted)
        if not occurrence.whole:
            if is_artifact(source) or str(source) not in PRIMITIVE:
                message = f"`{name}` is {describe(source)}, which can't stand in text"
                yield _wrong(
                    message, occurrence.at(spec), "write the expression as the whole value", related
                )
        elif result == "no":
            message = (
                f"`{name}` is {describe(source)}, "
                f"but `{_name(occurrence)}` must be {describe(wanted)}"
            )
            yield _wrong(message, occurrence.at(spec), "", related)
        elif result == "untyped":
            yield Diagnostic(
                "untyped-input",
                f"`{name}` is {describe(source)} of any content, and `{_name(occurrence)}` must be "
                f"{describe(wanted)}: only the run will tell",
                occurrence.at(spec),
                "note",
                related=related,
            )


def _wrong(message: str, at: Span, hint: str, related: tuple[tuple[str, Span], ...]) -> Diagnostic:
    return Diagnostic("wrong-input-type", message, at, hint=hint, related=related)


def _name(occurrence: Occurrence) -> str:
    return ".".join(str(part) for part in (occurrence.port, *occurrence.inner))


def _wanted(port: Port, occurrence: Occurrence) -> Type | None:
    """The type that is asked for at the place of a reference; None where `reference-in-struct`
    speaks.
    """
    declared = port_type(port)
    return refined_at(declared, occurrence.inner) if occurrence.inner else declared


def _type_of(
    spec: Spec, graph: Graph, occurrence: Occurrence
) -> tuple[Type, tuple[tuple[str, Span], ...]] | None:
    """The type of what a reference names, with where that is declared; None for an unknown name."""
    match occurrence.source:
        case FromParameter(name):
            body = spec.body
            if (
                isinstance(body, PipelineSpec)
                and (parameter := body.parameters.get(name)) is not None
            ):
                return parameter.type, (("declared here", spec.at("spec", "parameters", name)),)
        case FromStep(name, output):
            producer = graph.steps.get(name)
            port = (
                producer.component.outputs.get(output) if producer and producer.component else None
            )
            if port is not None:
                return port_type(port), (("made by this step", spec.key_at("spec", "steps", name)),)
        case FromRun():
            return Scalar("string"), ()
    return None
