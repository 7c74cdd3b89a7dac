"""Groups, loops and choices of a pipeline as boxes around its steps.

In: a pipeline's document and graph, the steps that are shown. Out: `Box`es, the outermost first; a
way of a choice is a box in the choice's. A box without a shown step isn't there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from exai_compiler.edges import Node
from exai_compiler.graph import Choice, Graph, Group
from exai_compiler.nodes import Described
from exai_specs.parse import Spec
from exai_specs.values import frozen


@frozen
class Box:
    """`inside` is the box around it, or the pipeline. `told.what` says when its steps run."""

    told: Described
    inside: Node


def boxes(spec: Spec, graph: Graph, steps: Iterable[Node]) -> Iterator[Box]:
    """Every box around these steps, once."""
    pipeline = Node(spec.ref.kind, spec.ref.name)
    found: dict[str, Box] = {}
    for name in steps:
        inside = pipeline
        for around in graph.steps[name.step].within if name.step in graph.steps else ():
            here = pipeline._replace(step=around)
            if around not in found and (told := box(spec, graph, here)) is not None:
                found[around] = Box(told, inside)
            inside = here
    yield from found.values()


def box_of(graph: Graph, step: Node) -> Node:
    """The innermost box around a step; its pipeline where there is none."""
    known = graph.steps.get(step.step)
    return step._replace(step=known.within[-1] if known is not None and known.within else "")


def inside(graph: Graph, box: Node) -> tuple[Node, ...]:
    """The steps in a box, at any depth; none of what is no box."""
    names = (name for name, step in graph.steps.items() if box.step in step.within)
    return tuple([box._replace(step=name) for name in names])


def box(spec: Spec, graph: Graph, here: Node) -> Described | None:
    """What is said of a group, a choice or a way of one; None for anything else."""
    node = graph.nodes.get(here.step)
    match node:
        case Group():
            each = node.spec.for_each
            words = chain(
                (f"if {_bare(node.spec.if_)}",) if node.spec.if_ is not None else (),
                (f"for each {each.as_} of {_given(each.in_)}",) if each is not None else (),
            )
            return Described(here, spec.key_at(*node.path), ", ".join(words) or "group")
        case Choice():
            return Described(here, spec.key_at(*node.path), "choose")
    for choice in graph.nodes.values():
        if not isinstance(choice, Choice):
            continue
        for branch, way in zip(choice.branches, choice.spec.choose, strict=True):
            if branch.name == here.step:
                what = f"if {_bare(way.if_)}" if way.if_ is not None else "else"
                return Described(here, spec.at(*branch.path), what)
    return None


def _given(value: object) -> str:
    return _bare(value) if isinstance(value, str) else "a list"


def _bare(text: str) -> str:
    """An expression without its braces."""
    return text.strip().removeprefix("${{").removesuffix("}}").strip()
