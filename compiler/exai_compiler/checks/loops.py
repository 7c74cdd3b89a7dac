"""`not-a-list`, `untyped-loop`, `shadowed-item`, `unknown-reference`: what a loop runs over, what
its item is (LANGUAGE section 6.3).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.mentions import Mention
from exai_compiler.checks.occurrences import Occurrence, words
from exai_compiler.checks.port_types import describe
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.graph import (
    Broken,
    Composed,
    Constant,
    FromItem,
    FromRun,
    FromStatus,
    FromStep,
    Graph,
    Group,
    Loop,
    Step,
    element,
    is_artifact,
    source_type,
    sources,
)
from exai_compiler.graph.containers import TYPED
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import half_written
from exai_specs.parse import Spec
from exai_specs.types import ListOf, StructOf, called

LISTS = "write a list, or a reference to one"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for graph in subject.nested:
        spec = subject.project.specs[graph.pipeline]
        for node in graph.nodes.values():
            if isinstance(node, Step | Group) and node.loop is not None:
                yield from _list(spec, graph, node.loop, (*node.path, "forEach", "in"))
                yield from _shadowed(spec, graph, node, node.loop)
        for mention in subject.mentions[graph.pipeline.name]:
            yield from untyped(spec, graph, mention, False)
    for spec, graph, occurrence in subject.referring(FromItem):
        whole = occurrence.whole and not occurrence.inner
        yield from untyped(
            spec, graph, occurrence, whole and occurrence.step.spec.body not in TYPED
        )


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
            meant = half_written(value) if isinstance(value, str) else ""
            hint = f"write {meant}" if meant else LISTS
            yield Diagnostic("not-a-list", message, spec.at(*path), hint=hint)
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
            hint=_typed(source.name, loop),
            related=(place,),
        )
    elif source.field and not isinstance(found, StructOf):
        yield Diagnostic(
            "untyped-loop",
            f"`{source.name}` is {describe(found)}, which has no field `{source.field}`",
            where.at(spec),
            hint=f"give `{source.name}` whole: a step knows the path of the file that it is given"
            if is_artifact(found)
            else f"write `{source.name}`",
            related=(place,),
        )


def _typed(name: str, loop: Loop) -> str:
    """How somebody gets to know what an item is."""
    if isinstance(loop.items, FromStep):
        return f"nothing says what a step's list holds: give `{name}` whole, and look into it there"
    if isinstance(loop.items, Constant):
        return "let all items be of one type"
    return "declare the list: `type: {list: {struct: {NAME: TYPE}}}`, or `{list: TYPE}`"


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
