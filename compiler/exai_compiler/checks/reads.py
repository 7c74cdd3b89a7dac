"""What a pipeline reads: every reference in its inputs, conditions, loops, outputs and names.

In: a graph with its document. Out: a `Read`, from one walk that all rules share. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.bodies.run_names import RunName, of_env, of_placement, of_resources
from exai_compiler.checks.mentions import Field, fields
from exai_compiler.checks.occurrences import Occurrence, occurrences
from exai_compiler.checks.texts import Path
from exai_compiler.graph import NO_ITEMS, Broken, Constant, Graph, Items, Source, bind, sources
from exai_specs.expressions import has_expression
from exai_specs.kinds import PipelineSpec
from exai_specs.values import frozen

Name = tuple[Path, RunName, Items]
"""A text outside `with` that a run may give, with the path of the step, or of the defaults, and the
items of loops that are seen there."""


@frozen
class Read:
    """All `sources`, as often as they are read; `broken`: a reference can't be read, and may be
    meant for anything.

    `occurrences` are the references in the inputs of the steps that have any, by step; `fields`
    those fields that are one expression; `names` all texts outside `with` that a run may give.
    """

    sources: tuple[Source, ...]
    broken: bool
    occurrences: Mapping[str, tuple[Occurrence, ...]]
    fields: tuple[Field, ...]
    names: tuple[Name, ...]


_CONSTANT = {Constant}


def read(graph: Graph, body: PipelineSpec) -> Read:
    """Whatever is read anywhere in a pipeline."""
    referring: dict[str, tuple[Occurrence, ...]] = {}
    broken = False
    for name, step in graph.steps.items():
        kinds = {*map(type, step.inputs.values())}
        if kinds != _CONSTANT and (each := tuple(occurrences(step))):
            referring[name] = each
        broken = broken or Broken in kinds
    found, names = tuple(fields(graph)), tuple(_names(graph, body))
    bindings = [
        *(field.binding for field in found),
        *(bind(name.text, items) for _, name, items in names if has_expression(name.text)),
    ]
    read = [each.source for step in referring.values() for each in step]
    for binding in bindings:
        read += sources(binding)
    broken = broken or any(type(binding) is Broken for binding in bindings)
    return Read(tuple(read), broken, referring, found, names)


def _names(graph: Graph, body: PipelineSpec) -> Iterator[Name]:
    base: Path = ("spec", "defaults")
    placement = of_placement(body.defaults.node_selector, body.defaults.tolerations)
    amounts = of_resources(body.defaults.resources)
    for name in (*of_env(body.defaults.env), *placement, *amounts):
        yield base, name, NO_ITEMS
    for step in graph.steps.values():
        for name in step.names:
            yield step.path, name, step.items
