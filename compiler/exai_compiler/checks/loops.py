"""`not-a-list`, `untyped-loop`, `shadowed-item`, `unknown-reference`: what a loop runs over, what
its item is, and whether each item has what is read of it (LANGUAGE section 6.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.checks.mentions import Mention
from exai_compiler.checks.occurrences import Occurrence, words
from exai_compiler.checks.port_types import describe
from exai_compiler.checks.reads import Read
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.graph import (
    Broken,
    Composed,
    Constant,
    FromItem,
    FromParameter,
    FromRun,
    FromStatus,
    Graph,
    Group,
    Loop,
    Step,
    element,
    source_type,
    sources,
)
from exai_compiler.graph.containers import TYPED
from exai_specs.diagnostics import Diagnostic
from exai_specs.frozen import Json
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec
from exai_specs.types import ListOf, StructOf, called

LISTS = "write a list, or a reference to one"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for graph in subject.graphs.values():
        spec = subject.project.specs[graph.pipeline]
        for node in graph.nodes.values():
            if isinstance(node, Step | Group) and node.loop is not None:
                yield from _list(spec, graph, node.loop, (*node.path, "forEach", "in"))
                yield from _shadowed(spec, graph, node, node.loop)
        for step in graph.steps.values():
            for occurrence in subject.occurrences(graph, step):
                alone = occurrence.whole and not occurrence.inner and step.spec.body not in TYPED
                yield from untyped(spec, graph, occurrence, alone)
        for mention in subject.mentions[graph.pipeline.name]:
            yield from untyped(spec, graph, mention, False)
        yield from _lacking(spec, graph, subject.reads[graph.pipeline.name])


def _list(spec: Spec, graph: Graph, loop: Loop, path: Path) -> Iterator[Diagnostic]:
    match loop.items:
        case Broken():
            return
        case Constant(tuple() as values):
            for index, value in enumerate(values):
                if value is None:
                    at = spec.at(*path, index)
                    yield Diagnostic("not-a-list", "an item can't be nothing", at, hint=LISTS)
            if not values:
                message = "the list is empty: this would never run"
                yield Diagnostic("not-a-list", message, spec.at(*path), hint="add an item")
        case Constant(value):
            message = f"must be a list, not {called(value)}"
            yield Diagnostic("not-a-list", message, spec.at(*path), hint=LISTS)
        case Composed() | FromRun() | FromStatus():
            message = "must be a list of plain values, or one reference to a list"
            yield Diagnostic("not-a-list", message, spec.at(*path), hint=LISTS)
        case source:
            found = source_type(graph, source)
            if found is None or isinstance(found, ListOf) or str(found) == "list":
                return
            message = f"`{words(source)}` is {describe(found)}, not a list"
            yield Diagnostic("not-a-list", message, spec.at(*path), hint=LISTS)


def _shadowed(spec: Spec, graph: Graph, node: Step | Group, loop: Loop) -> Iterator[Diagnostic]:
    for name in node.within:
        outer = graph.nodes.get(name)
        around = outer.loop if isinstance(outer, Step | Group) else None
        if around is not None and outer is not None and around.name == loop.name:
            path = (*node.path, "forEach")
            yield Diagnostic(
                "shadowed-item",
                f"`{loop.name}` is already the item of the loop around this one",
                spec.key_at(*path),
                hint="call it something else: `as: NAME`",
                related=(("the loop around it", spec.key_at(*outer.path, "forEach")),),
            )
            return


def untyped(
    spec: Spec, graph: Graph, where: Occurrence | Mention, alone: bool
) -> Iterator[Diagnostic]:
    """An item of which nobody knows the type can only be handed on as it is, to an input that has a
    type of its own; a container's has that of what it is given."""
    source = where.source
    if not isinstance(source, FromItem) or (alone and not source.field):
        return
    node = graph.nodes.get(source.loop)
    loop = node.loop if isinstance(node, Step | Group) else None
    if loop is None or node is None or not _is_readable(graph, loop):
        return
    found = element(graph, loop)
    place = ("the loop", spec.at(*node.path, "forEach", "in"))
    if found is None or (source.field and str(found) in ("struct", "list")):
        yield Diagnostic(
            "untyped-loop",
            f"nobody knows what `{source.name}` is, so it can only be given whole to an input that "
            "has a type of its own",
            where.at(spec),
            hint="let all items be of one type"
            if isinstance(loop.items, Constant)
            else "declare the list: `type: {list: {struct: {NAME: TYPE}}}`, or `{list: TYPE}`",
            related=(place,),
        )
    elif source.field and not isinstance(found, StructOf):
        yield Diagnostic(
            "untyped-loop",
            f"`{source.name}` is {describe(found)}, which has no field `{source.field}`",
            where.at(spec),
            hint=f"write `{source.name}`",
            related=(place,),
        )


def _lacking(spec: Spec, graph: Graph, read: Read) -> Iterator[Diagnostic]:
    """Fields that a loop reads of its items, and that one of those a parameter gives hasn't: a
    struct may leave fields out, and Kubeflow Pipelines fails where it takes one that isn't there.
    """
    fields: dict[tuple[str, str], FromItem] = {}
    for source in sorted(
        (each for each in read.sources if isinstance(each, FromItem) and each.field),
        key=lambda each: (each.loop, each.field),
    ):
        node = graph.nodes.get(source.loop)
        loop = node.loop if isinstance(node, Step | Group) else None
        item = element(graph, loop) if loop is not None else None
        if loop is None or not isinstance(item, StructOf) or source.field not in item.fields:
            continue
        if isinstance(loop.items, FromParameter):
            fields.setdefault((loop.items.name, source.field), source)
    for (name, field), source in fields.items():
        around = ("the loop", spec.at(*graph.nodes[source.loop].path, "forEach", "in"))
        for path, value in _given(spec, graph, name):
            for index, each in enumerate(value if isinstance(value, tuple) else ()):
                if isinstance(each, Mapping) and field not in each:
                    yield Diagnostic(
                        "unknown-reference",
                        f"this item has no `{field}`, which the loop reads as `{words(source)}`",
                        spec.at(*path, index),
                        hint=f"add `{field}`",
                        related=(around,),
                    )


def _given(spec: Spec, graph: Graph, name: str) -> Iterator[tuple[Path, Json]]:
    """What the pipeline itself says that a parameter may be, with the place of each."""
    path: Path = ("spec", "parameters", name)
    for index, value in enumerate(graph.parameters[name].enum or ()):
        yield (*path, "enum", index), value
    yield (*path, "default"), graph.parameters[name].default
    for schedule, each in (
        spec.body.schedules.items() if isinstance(spec.body, PipelineSpec) else ()
    ):
        yield ("spec", "schedules", schedule, "parameters", name), each.parameters.get(name)


def _is_readable(graph: Graph, loop: Loop) -> bool:
    """Whether the loop's own list is there to be read, and is one: else other rules speak."""
    match loop.items:
        case Constant(value):
            return isinstance(value, tuple) and bool(value)
        case Broken() | Composed():
            return False
        case source:
            found = source_type(graph, source)
            listed = isinstance(found, ListOf) or str(found) == "list"
            return listed and bool(sources(source))
