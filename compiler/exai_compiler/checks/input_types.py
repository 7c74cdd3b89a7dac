"""`wrong-input-type`: a literal, output or parameter of another type than the input asks for
(LANGUAGE section 2.1).

`untyped-input` is the note for what nobody can tell before it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from exai_compiler.catalog import Component, Port
from exai_compiler.checks.occurrences import Occurrence, words
from exai_compiler.checks.port_types import (
    NO_FIELD,
    assignable,
    describe,
    fits,
    misfits,
    refined_at,
)
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import under_with
from exai_compiler.graph import (
    Broken,
    Composed,
    Constant,
    FromArtifact,
    FromItem,
    FromParameter,
    FromRun,
    FromStatus,
    FromStep,
    Graph,
    Group,
    Source,
    Step,
    port_type,
    source_type,
)
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.parse import Spec
from exai_specs.types import ListOf, Type

Places = tuple[tuple[str, Span], ...]

# What has a value of its own; the type of any other is looked up where it comes from.
LITERAL = (Constant, Composed)
# What stands in text as it is.
PRIMITIVE = ("string", "integer", "double", "boolean")


def check(subject: Subject) -> Iterator[Diagnostic]:
    known: dict[int, Mapping[str, Type]] = {}  # by the identity of a component
    for spec, graph, step in subject.steps():
        if (component := step.component) is None:
            continue
        if (types := known.get(id(component))) is None:
            types = known[id(component)] = _types(component)
        refs, given = component.refs, step.spec.with_
        for name, binding in step.inputs.items():
            if (type_ := types.get(name)) is None:
                continue
            if name in refs:
                yield from _reference(spec, step, name, refs[name])
            elif type(binding) in LITERAL and name in given and not fits(given[name], type_):
                port = component.inputs[name]
                yield from _literals(spec, step, port, subject.wanted_at(graph, step, name))
    for referring in subject.by_source.values():
        for spec, graph, occurrence in referring:
            if not _is_fine(graph, occurrence):
                yield from _occurrence(subject, spec, graph, occurrence.step, occurrence)


def _types(component: Component) -> Mapping[str, Type]:
    """The types of the inputs that a step may give."""
    ports = component.inputs.items()
    return {name: port_type(port) for name, port in ports if name not in component.filled}


def _reference(spec: Spec, step: Step, name: str, kind: str) -> Iterator[Diagnostic]:
    binding = step.inputs[name]
    if isinstance(binding, Broken):
        return
    if not isinstance(binding, Constant) or not isinstance(binding.value, str):
        yield Diagnostic(
            "wrong-input-type",
            f"`{name}` must be the bare name of a {kind}",
            spec.at(*under_with(step.path, name)),
            hint=f"write the name of a {kind} document",
        )


def _literals(spec: Spec, step: Step, port: Port, there: Places) -> Iterator[Diagnostic]:
    for path, message, hint in misfits(step.spec.with_[port.name], port_type(port)):
        place = (*under_with(step.path, port.name), *path)
        name = ".".join(str(part) for part in (port.name, *path))
        at = spec.key_at(*place) if message == NO_FIELD else spec.at(*place)
        yield Diagnostic("wrong-input-type", f"`{name}` {message}", at, hint=hint, related=there)


def _occurrence(
    subject: Subject, spec: Spec, graph: Graph, step: Step, occurrence: Occurrence
) -> Iterator[Diagnostic]:
    component = step.component
    port = component.inputs.get(occurrence.port) if component is not None else None
    if component is None or port is None:
        return
    if occurrence.port in component.filled or occurrence.port in component.refs:
        return
    source = source_type(graph, occurrence.source)
    # Where no type refines a place inside the input, `reference-in-struct` speaks.
    wanted = refined_at(port_type(port), occurrence.inner)
    if source is None or wanted is None:
        return
    if isinstance(occurrence.source, FromStatus) and step is not graph.last:
        return  # that it isn't known there is told
    suits = assignable(source, wanted)
    if occurrence.whole and suits == "yes":
        return
    there = subject.wanted_at(graph, step, occurrence.port)
    if not occurrence.whole:
        if str(source) not in PRIMITIVE:
            hint = "write the expression as the whole value"
            yield _wrong(
                spec, graph, occurrence, source, ", which can't stand in text", there, hint
            )
        elif str(wanted) != "string":
            but = (
                f" inside of a text, and `{_name(occurrence)}` must be {describe(wanted)}, no text"
            )
            hint = "write one expression, with nothing around it"
            yield _wrong(spec, graph, occurrence, source, but, there, hint)
        return
    if suits == "no":
        but = f", but `{_name(occurrence)}` must be {describe(wanted)}"
        hint = _each(graph, occurrence, source, wanted) or f"give it {describe(wanted)}"
        yield _wrong(spec, graph, occurrence, source, but, there, hint)
    else:
        yield Diagnostic(
            "untyped-input",
            f"{_what(occurrence, source)} of any content, and `{_name(occurrence)}` "
            f"must be {describe(wanted)}: only the run will tell",
            occurrence.at(spec),
            "note",
            related=(*_declared(spec, graph, occurrence), *there),
        )


def _is_fine(graph: Graph, occurrence: Occurrence) -> bool:
    """Whether there is certainly nothing to tell, as nearly everywhere."""
    if not occurrence.whole or occurrence.inner:
        return False
    component = occurrence.step.component
    port = component.inputs.get(occurrence.port) if component is not None else None
    return port is not None and _is_alike(graph, occurrence.source, port)


def _is_alike(graph: Graph, source: Source, port: Port) -> bool:
    """Whether an output of a step, by its declaration alone, has the type that is asked for."""
    if not isinstance(source, FromStep):
        return False
    step = graph.nodes.get(source.step)
    if type(step) is not Step or step.component is None or step.loop is not None:
        return False
    made = step.component.outputs.get(source.output)
    return (
        made is not None
        and made.type == port.type
        and made.refined is port.refined is None
        and not (made.many or port.many)
    )


def _each(graph: Graph, occurrence: Occurrence, source: Type, wanted: Type) -> str:
    """What to do with a list of what is wanted."""
    if not isinstance(source, ListOf) or assignable(source.item, wanted) != "yes":
        return ""
    written = f"${{{{ {words(occurrence.source)} }}}}"
    loop = f'`forEach: {{in: "{written}"}}`, and give `${{{{ item }}}}`'
    origin = occurrence.source
    node = graph.nodes.get(origin.step) if isinstance(origin, FromStep) else None
    looped = isinstance(node, Step | Group) and node.loop is not None
    why = "it has one for each item of a loop: " if looped else ""
    return f"{why}go over it with {loop}"


def _wrong(
    spec: Spec,
    graph: Graph,
    occurrence: Occurrence,
    source: Type,
    but: str,
    there: Places,
    hint: str = "",
) -> Diagnostic:
    return Diagnostic(
        "wrong-input-type",
        _what(occurrence, source) + but,
        occurrence.at(spec),
        hint=hint,
        related=(*_declared(spec, graph, occurrence), *there),
    )


def _what(occurrence: Occurrence, source: Type) -> str:
    return f"`{words(occurrence.source)}` is {describe(source)}"


def _name(occurrence: Occurrence) -> str:
    return ".".join(str(part) for part in (occurrence.port, *occurrence.inner))


def _declared(spec: Spec, graph: Graph, occurrence: Occurrence) -> tuple[tuple[str, Span], ...]:
    match occurrence.source:
        case FromParameter(name):
            return (("declared here", spec.at("spec", "parameters", name)),)
        case FromArtifact(name):
            return (("declared here", spec.at("spec", "artifacts", name)),)
        case FromStep(name):
            made = graph.nodes.get(name)
            return (("made by this step", spec.key_at(*made.path)),) if made else ()
        case FromItem(loop):
            looped = graph.nodes.get(loop)
            place = spec.at(*looped.path, "forEach", "in") if looped is not None else spec.at()
            return (("an item of this", place),)
        case FromRun() | FromStatus():
            return ()
    assert_never(occurrence.source)
