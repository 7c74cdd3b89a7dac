"""What a pipeline reads: every reference in its inputs, conditions, loops, outputs and names.

In: a graph, with what was found in it. Out: a `Read`. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.bodies.run_names import RunName, of_env, of_placement, of_resources
from exai_compiler.checks.mentions import Field
from exai_compiler.checks.texts import Path
from exai_compiler.graph import NO_ITEMS, Broken, Constant, Graph, Items, Source, bind, sources
from exai_specs.kinds import PipelineSpec
from exai_specs.values import frozen


@frozen
class Read:
    """All `sources`; `broken`: a reference can't be read, and may be meant for anything."""

    sources: frozenset[Source]
    broken: bool


def read(graph: Graph, body: PipelineSpec, fields: Iterable[Field]) -> Read:
    """Whatever is read anywhere in a pipeline."""
    bindings = [
        *(
            binding
            for step in graph.steps.values()
            for binding in step.inputs.values()
            if type(binding) is not Constant
        ),
        *(field.binding for field in fields),
        *(bind(name.text, items) for _, name, items in all_names(graph, body)),
    ]
    return Read(
        frozenset(source for binding in bindings for source in sources(binding)),
        any(isinstance(binding, Broken) for binding in bindings),
    )


def all_names(graph: Graph, body: PipelineSpec) -> Iterator[tuple[Path, RunName, Items]]:
    """Every text of a pipeline outside `with` that a run may give, with the path of the step, or
    of the defaults, and the items of loops that are seen there."""
    base: Path = ("spec", "defaults")
    placement = of_placement(body.defaults.node_selector, body.defaults.tolerations)
    amounts = of_resources(body.defaults.resources)
    for name in (*of_env(body.defaults.env), *placement, *amounts):
        yield base, name, NO_ITEMS
    for step in graph.steps.values():
        for name in step.names:
            yield step.path, name, step.items
