"""What a pipeline asks of the values that it uses, by the place of each use: amounts, inputs of
components, settings of algorithms, fields of items, parameters of pipelines that are called.

In: a pipeline's graph, its references, what is asked in pipelines that it calls. Out: `Use`s. Where
the values come from is `demanded`'s matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from exai_compiler.checks.demands import (
    EACH,
    Amount,
    Demand,
    Has,
    Place,
    Setting,
    Typed,
    Why,
    Within,
    faults,
)
from exai_compiler.checks.guards import Guards
from exai_compiler.checks.occurrences import Occurrence, words
from exai_compiler.checks.port_types import assignable
from exai_compiler.checks.reads import Read
from exai_compiler.checks.settings_table import SETTINGS
from exai_compiler.checks.subject import wanted_at
from exai_compiler.checks.texts import Path
from exai_compiler.checks.trainer_settings import trainer
from exai_compiler.graph import (
    Binding,
    Constant,
    FromItem,
    FromParameter,
    Graph,
    Group,
    Source,
    Step,
    bind,
    element,
    port_type,
    source_type,
    sources,
)
from exai_compiler.project import Project
from exai_specs.parse import Spec
from exai_specs.types import StructOf

Use = tuple[Binding | None, Path, Demand, tuple[str, ...]]
"""What a value is bound to where it is used, the path of that place, what is asked there, and the
names of the groups and ways around it, with the step's own."""

Asked = Mapping[str, tuple[Demand, ...]]
"""What is asked of each parameter of a pipeline."""


def uses(
    project: Project,
    spec: Spec,
    graph: Graph,
    found: Read,
    asked: Mapping[str, Asked],
    around: Guards,
) -> Iterator[Use]:
    """What a pipeline asks of what it uses, with where each stands."""
    for path, name, items in found.names:
        if name.is_amount:
            binding, rule = bind(name.text, items), Amount(str(name.path[-1]))
            if isinstance(binding, Constant) and _is_amount(name.text, rule):
                continue  # as nearly all are: nobody is told why it must be one
            here = (*path, *name.path)
            why = (f"it is the {rule.resource} of a step", Place(spec, here))
            yield binding, here, Demand(rule, (), (why,)), _places(graph).get(path, ())
    for name_of_step, occurrences in found.occurrences.items():
        if not any(map(_is_given, occurrences)):
            continue
        step = graph.steps[name_of_step]
        yield from _inputs(project, spec, graph, step, occurrences)
        yield from _settings(spec, step, occurrences)
    for step, inner in graph.calls:
        for parameter, demands in asked.get(inner.pipeline.name, {}).items():
            given = step.inputs.get(parameter)
            if isinstance(given, Constant | FromParameter | FromItem):
                for demand in demands:
                    yield given, step.input_at(parameter), demand, _place(step)
    if any(isinstance(each, FromItem) and each.field for each in found.sources):
        yield from _fields(spec, graph, found, around)


@lru_cache(maxsize=1024)
def _is_amount(text: str, rule: Amount) -> bool:
    return not any(faults(text, Demand(rule)))


def _is_given(occurrence: Occurrence) -> bool:
    return isinstance(occurrence.source, FromParameter | FromItem)


def _places(graph: Graph) -> Mapping[Path, tuple[str, ...]]:
    return {step.path: _place(step) for step in graph.steps.values()}


def _place(step: Step) -> tuple[str, ...]:
    return (*step.within, step.name)


def _fields(spec: Spec, graph: Graph, found: Read, around: Guards) -> Iterator[Use]:
    """The fields of items that are read somewhere. A struct may leave fields out, and Kubeflow
    Pipelines fails where it takes one that isn't there."""
    taken: dict[FromItem, tuple[str, ...]] = {}
    for source, within in _taken(graph, found):
        is_new = isinstance(source, FromItem) and source.field and source not in taken
        if isinstance(source, FromItem) and is_new and not around.hold(source, within):
            taken[source] = within
    for source in sorted(taken, key=lambda each: (each.loop, each.field)):
        node = graph.nodes.get(source.loop)
        loop = node.loop if isinstance(node, Step | Group) else None
        item = element(graph, loop) if loop is not None else None
        # Of a field that none of them has, `unknown-reference` speaks where it is read.
        if loop is None or node is None or not isinstance(item, StructOf):
            continue
        if source.field in item.fields:
            path = (*node.path, "forEach", "in")
            demand = Demand(
                Has(source.field, words(source)), (EACH,), (("the loop", spec.at(*path)),)
            )
            yield loop.items, path, demand, taken[source]


def _taken(graph: Graph, found: Read) -> Iterator[tuple[Source, tuple[str, ...]]]:
    """Everything that is read, with what is around the place where it is."""
    places = _places(graph)
    for step in graph.steps.values():
        for binding in step.inputs.values():
            yield from ((source, places[step.path]) for source in sources(binding))
    for path, name, items in found.names:
        for source in sources(bind(name.text, items)):
            yield source, places.get(path, ())
    for each in found.fields:
        yield from ((source, each.within) for source in sources(each.binding))


def _inputs(
    project: Project, spec: Spec, graph: Graph, step: Step, occurrences: tuple[Occurrence, ...]
) -> Iterator[Use]:
    component = step.component
    if component is None:
        return
    for each in occurrences:
        binding, name = each.source, each.port
        if not isinstance(binding, FromParameter | FromItem) or not each.whole or each.inner:
            continue
        port = component.inputs.get(name)
        if port is None or name in component.filled or name in component.refs:
            continue
        within = _place(step)
        limit = component.limits.get(name)
        source, wanted = source_type(graph, binding), port_type(port)
        untyped = source is None or assignable(source, wanted) == "untyped"
        if limit is None and not untyped:
            continue
        path = each.path
        given: Why = ("it is given here", Place(spec, path))
        why = (given, *wanted_at(project, graph, step, name))
        if limit is not None:
            yield binding, path, Demand(Within(name, component.name, limit), (), why), within
        if source is None and isinstance(binding, FromItem) and binding.field:
            continue  # `untyped-loop` speaks
        if untyped:
            yield binding, path, Demand(Typed(name, wanted), (), why), within


def _settings(spec: Spec, step: Step, occurrences: tuple[Occurrence, ...]) -> Iterator[Use]:
    """What an algorithm takes as its parameters: all of them, or one."""
    if SETTINGS not in step.inputs or (found := trainer(step)) is None:
        return
    component, algorithm = found
    for each in occurrences:
        source = each.source
        if each.port != SETTINGS or not each.whole or len(each.inner) > 1:
            continue
        if isinstance(source, FromParameter | FromItem):
            why = (("it is given here", Place(spec, each.path)),)
            rule = Setting(component.name, algorithm, "".join(map(str, each.inner)))
            yield source, each.path, Demand(rule, (), why), _place(step)
