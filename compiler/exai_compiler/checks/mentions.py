"""Every reference of a pipeline that isn't in the inputs of a step: in `if`, in `forEach.in`, among
the outputs of groups, branches and the pipeline.

In: a graph. Out: `Mention`s, each with the place of its text and the scope that it sees. Judges
nothing; what doesn't parse isn't here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from exai_compiler.checks.occurrences import offset_of
from exai_compiler.checks.texts import Path
from exai_compiler.graph import (
    Binding,
    Choice,
    Condition,
    Graph,
    Group,
    Scope,
    Source,
    Step,
    sources,
)
from exai_specs.diagnostics import Span
from exai_specs.parse import Spec
from exai_specs.values import frozen


@frozen
class Mention:
    """A reference in a field; `path` is the field's, `within` the scope that it sees. A "name" is
    any text outside `with` that a run may give (those aren't among the `mentions`).
    """

    source: Source
    field: Literal["if", "in", "output", "name"]
    path: Path
    within: tuple[str, ...]

    def at(self, spec: Spec) -> Span:
        """Where the reference's own text stands."""
        return spec.document.at(self.path, offset_of(spec, self.path, self.source))


@frozen
class Field:
    """A field of a pipeline that is one expression; `within` is the scope that it sees."""

    binding: Binding | Condition
    field: Literal["if", "in", "output"]
    path: Path
    within: tuple[str, ...]


def fields(graph: Graph) -> Iterator[Field]:
    """Every `if`, `forEach.in` and output, in the order of the file."""
    for node in graph.nodes.values():
        match node:
            case Step() | Group():
                if node.condition is not None:
                    yield Field(node.condition, "if", (*node.path, "if"), node.within)
                if node.loop is not None:
                    path = (*node.path, "forEach", "in")
                    yield Field(node.loop.items, "in", path, node.within)
                if isinstance(node, Group):
                    yield from _outputs(node.scope, node.path, (*node.within, node.name))
            case Choice():
                for branch in node.branches:
                    if branch.condition is not None:
                        path = (*branch.path, "if")
                        yield Field(branch.condition, "if", path, node.within)
                    within = (*node.within, node.name, branch.name)
                    yield from _outputs(branch.scope, branch.path, within)
    guarded = () if graph.last is None else (graph.last.name,)
    yield from _outputs(graph.root, ("spec",), guarded)


def _outputs(scope: Scope, path: Path, within: tuple[str, ...]) -> Iterator[Field]:
    for name, binding in scope.outputs.items():
        yield Field(binding, "output", (*path, "outputs", name), within)


def mentions(fields: Iterable[Field]) -> Iterator[Mention]:
    """Every reference in these fields."""
    for each in fields:
        for source in sources(each.binding):
            yield Mention(source, each.field, each.path, each.within)
