"""A pipeline's steps as a typed graph: each with its component and what its inputs are bound to.

In: a Pipeline spec and the catalog. Out: a `Graph`. Judges nothing: what doesn't resolve is left
out or bound to `Broken`, and the checks say so with its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import assert_never

from exai_compiler.bodies import container_component, given_port, typed_port
from exai_compiler.bodies.run_names import run_names
from exai_compiler.catalog import Catalog, Component, Port
from exai_compiler.python_code import python_component
from exai_compiler.user_components import component_file, read_component
from exai_specs.expressions import ExpressionError, Reference, has_expression, parse_text
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.kinds.step import Step as StepSpec
from exai_specs.parse import Spec


@dataclass(frozen=True, slots=True)
class Constant:
    """A plain value."""

    value: Json


@dataclass(frozen=True, slots=True)
class FromParameter:
    """The whole value is `${{ parameters.NAME }}`."""

    name: str


@dataclass(frozen=True, slots=True)
class FromStep:
    """The whole value is `${{ steps.STEP.OUTPUT }}`."""

    step: str
    output: str


@dataclass(frozen=True, slots=True)
class FromRun:
    """The whole value is `${{ run.NAME }}`."""

    name: str


@dataclass(frozen=True, slots=True)
class Composed:
    """A value with references inside: text around `${{ }}`, or a list or struct that holds some.

    `value` is as written; `sources` are the references in it, by their text inside `${{ }}`.
    """

    value: Json
    sources: Mapping[str, FromParameter | FromStep | FromRun]


@dataclass(frozen=True, slots=True)
class Broken:
    """An expression that doesn't parse, or isn't allowed here: the checks explain it."""

    text: str


Source = FromParameter | FromStep | FromRun
Binding = Constant | FromParameter | FromStep | FromRun | Composed | Broken


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `component` is None when `uses` names nothing, `python` nothing readable, or a
    container is given what has no type.

    `needs` are the steps of this pipeline that it waits for, sorted: those that it takes something
    from, and those in `after`.
    """

    name: str
    spec: StepSpec
    component: Component | None
    inputs: Mapping[str, Binding]
    needs: tuple[str, ...]

    @property
    def is_own(self) -> bool:
        """Whether the user's own code runs in it, of which only its interface is known."""
        return self.spec.body != "uses" or self.spec.component_file != ""


@dataclass(frozen=True, slots=True)
class Graph:
    """The steps of a pipeline in the order of the file."""

    pipeline: Ref
    steps: Mapping[str, Step]


def graph(spec: Spec, catalog: Catalog) -> Graph:
    """The graph of a Pipeline's document. Raises TypeError for any other kind."""
    if not isinstance(spec.body, PipelineSpec):
        raise TypeError(f"{spec.ref} has no steps")
    steps = spec.body.steps
    found = Graph(
        spec.ref,
        MappingProxyType(
            {
                name: _step(name, step, catalog, frozenset(steps), spec.document.path)
                for name, step in steps.items()
            }
        ),
    )
    return _with_containers(found, spec.body)


def _with_containers(graph: Graph, pipeline: PipelineSpec) -> Graph:
    """The same graph, with the components of container steps: their inputs have the types of what
    they are given, so producers come first.
    """
    if all(step.spec.body != "image" for step in graph.steps.values()):
        return graph
    steps = dict(graph.steps)
    for name in topological(graph):
        step = steps[name]
        if step.spec.body != "image":
            continue
        ports = {key: _given(key, b, steps, pipeline) for key, b in step.inputs.items()}
        if all(ports.values()):
            inputs = {key: port for key, port in ports.items() if port is not None}
            component = container_component(step.spec, MappingProxyType(inputs))
            steps[name] = replace(step, component=component)
    return Graph(graph.pipeline, MappingProxyType(steps))


def _given(
    name: str, binding: Binding, steps: Mapping[str, Step], pipeline: PipelineSpec
) -> Port | None:
    """An input of the type of what it is bound to; None when that can't be told."""
    match binding:
        case Constant(value) | Composed(value):
            return given_port(name, value)
        case FromParameter(parameter):
            found = pipeline.parameters.get(parameter)
            if found is None:
                return None
            absent = found.optional and found.default is None
            return typed_port(name, found.type, optional=absent)
        case FromStep(step, output):
            maker = steps[step].component if step in steps else None
            made = maker.outputs.get(output) if maker is not None else None
            return Port(name, made.type, refined=made.refined) if made is not None else None
        case FromRun():
            return Port(name, "string")
        case Broken():
            return None
    assert_never(binding)


def _step(
    name: str, spec: StepSpec, catalog: Catalog, known: frozenset[str], document: str
) -> Step:
    inputs = {key: bind(value) for key, value in spec.with_.items()}
    named = (name.text for name in run_names(spec))
    read = {
        source.step
        for binding in (*inputs.values(), *map(bind, named))
        for source in sources(binding)
        if isinstance(source, FromStep)
    }
    return Step(
        name=name,
        spec=spec,
        component=_component(document, spec, catalog),
        inputs=MappingProxyType(inputs),
        needs=tuple(sorted(known.intersection(read.union(spec.after)))),
    )


def _component(document: str, spec: StepSpec, catalog: Catalog) -> Component | None:
    match spec.body:
        case "python":
            return python_component(document, spec, catalog)
        case "uses" if spec.component_file:
            path = component_file(document, spec.component_file)
            read = read_component(catalog.files[path], path) if path in catalog.files else ()
            return read if isinstance(read, Component) else None
        case "uses":
            return catalog.components.get(spec.uses or "")
    return None


def bind(value: Json) -> Binding:
    """What a value is bound to.

    A Constant has lost the escapes of a literal `${{`; a Composed value is still as written.
    """
    if not any(has_expression(text) for text in _strings(value)):
        return Constant(value)
    found: dict[str, Source] = {}
    for text in _strings(value):
        try:
            parts = parse_text(text).parts
        except ExpressionError:
            return Broken(text)
        for part in parts:
            if isinstance(part, str):
                continue
            reference = part.expression
            if not isinstance(reference, Reference) or (source := _source(reference)) is None:
                return Broken(text)
            if text is value and len(parts) == 1:
                return source
            found[str(reference)] = source
    return Composed(value, MappingProxyType(found)) if found else Constant(_unescaped(value))


def sources(binding: Binding) -> tuple[Source, ...]:
    """Everything that a value comes from, in the order of its text."""
    match binding:
        case FromParameter() | FromStep() | FromRun():
            return (binding,)
        case Composed():
            return tuple(binding.sources.values())
        case Constant() | Broken():
            return ()
    assert_never(binding)


def topological(graph: Graph) -> tuple[str, ...]:
    """The steps' names, producers first, ties by name; without those on a cycle or behind one."""
    waiting = {name: set(step.needs) for name, step in graph.steps.items()}
    order: list[str] = []
    while ready := sorted(name for name, needs in waiting.items() if not needs):
        order += ready
        waiting = {name: needs.difference(ready) for name, needs in waiting.items() if needs}
    return tuple(order)


def cycle(graph: Graph) -> tuple[str, ...]:
    """The steps along one cycle, as the data goes, from its smallest name; empty without one."""
    stuck = set(graph.steps).difference(topological(graph))
    if not stuck:
        return ()
    # Whatever is stuck waits for something stuck, so walking back along `needs` comes round.
    walked = [min(stuck)]
    while (before := min(stuck.intersection(graph.steps[walked[-1]].needs))) not in walked:
        walked.append(before)
    ring = walked[walked.index(before) :][::-1]
    first = ring.index(min(ring))
    return tuple(ring[first:] + ring[:first])


def _source(reference: Reference) -> Source | None:
    match reference.parts:
        case ("parameters", name):
            return FromParameter(name)
        case ("steps", step, output):
            return FromStep(step, output)
        case ("run", name):
            return FromRun(name)
    return None


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _strings(item)


def _unescaped(value: Json) -> Json:
    if isinstance(value, str):
        return parse_text(value).literal
    if isinstance(value, Mapping):
        return MappingProxyType({key: _unescaped(item) for key, item in value.items()})
    if isinstance(value, tuple):
        return tuple(_unescaped(item) for item in value)
    return value
