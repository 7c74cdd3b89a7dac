"""Values that are used elsewhere than they are written: by a parameter, as the item of a loop, in
a pipeline that is called (LANGUAGE sections 6.1 to 6.3).

`bad-amount`, `unknown-reference`, `invalid-input`, `wrong-input-type`: what the use asks for is
carried back to the values that are known to get there. What a step makes is known to nobody, nor
what gets through a condition that looks at the same value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from exai_compiler.checks.demands import (
    EACH,
    Amount,
    Demand,
    Has,
    Key,
    OneOf,
    Place,
    Setting,
    Typed,
    Why,
    Within,
    faults,
)
from exai_compiler.checks.guards import NO_GUARDS, Guards, guards
from exai_compiler.checks.occurrences import Occurrence, words
from exai_compiler.checks.port_types import assignable
from exai_compiler.checks.reads import Read, read
from exai_compiler.checks.settings_table import SETTINGS
from exai_compiler.checks.subject import Subject, wanted_at
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
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec
from exai_specs.types import StructOf

Written = tuple[Spec, Path, Json, Demand]
"""A plain value, where it stands, and what is asked of it."""

Use = tuple[Binding | None, Path, Demand, tuple[str, ...]]
"""What a value is bound to where it is used, the path of that place, what is asked there, and the
names of the groups and ways around it, with the step's own."""

Asked = Mapping[str, tuple[Demand, ...]]
"""What is asked of each parameter of a pipeline."""

MAX_DEMANDS = 256
"""Of one parameter: more than that many different ones help nobody, and each is held against every
value that is given."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    told: set[tuple[Span, str]] = set()
    for spec, path, value, demand in _carried(subject.project, subject.graphs, subject.reads, {}):
        for fault in faults(value, demand):
            here = (*path, *fault.path)
            at = spec.key_at(*here) if fault.is_key else spec.at(*here)
            message = f"{fault.subject} {fault.words}{fault.shown}"
            if (at, message) not in told:
                told.add((at, message))
                yield Diagnostic(fault.code, message, at, hint=fault.hint, related=demand.places)


def asked_of(project: Project, graphs: Mapping[str, Graph], pipeline: str) -> Asked:
    """What is asked of the parameters of a pipeline, whoever gives them."""
    reads = {
        spec.ref.name: read(graph, body)
        for spec, body in project.bodies(PipelineSpec)
        if (graph := graphs[spec.ref.name])
    }
    asked: dict[str, Asked] = {}
    for _ in _carried(project, graphs, reads, asked):
        pass
    return asked.get(pipeline, {})


def _carried(
    project: Project,
    graphs: Mapping[str, Graph],
    reads: Mapping[str, Read],
    asked: dict[str, Asked],
) -> Iterator[Written]:
    """All plain values of which something is asked. `asked` gets what is asked of the parameters of
    every pipeline."""
    # Those that are called first: what they ask for, their callers do.
    for name, graph in sorted(graphs.items(), key=lambda item: (item[1].levels, item[0])):
        spec = project.specs[graph.pipeline]
        if not isinstance(spec.body, PipelineSpec):
            continue
        found: dict[str, dict[Key, Demand]] = {}
        is_guarded = any(field.field == "if" for field in reads[name].fields)
        around = guards(graph) if is_guarded else NO_GUARDS
        for use in _uses(project, spec, graph, reads[name], asked, around):
            binding, path, demand, _ = _origin(graph, use, around)
            if isinstance(binding, Constant):
                yield spec, path, binding.value, demand
            elif isinstance(binding, FromParameter):
                others = found.setdefault(binding.name, {})
                if len(others) < MAX_DEMANDS:
                    # The first of those that ask for the same is enough.
                    others.setdefault(demand.key, demand)
        yield from _declared(spec, spec.body, found)
        asked[name] = {
            parameter: _outside(spec, spec.body, parameter, found)
            for parameter in spec.body.parameters
        }


def _origin(graph: Graph, use: Use, around: Guards) -> Use:
    """Where a value comes from that may be an item of a loop: what the loop goes over, with what is
    asked of that. None of a value that a condition looks at before it is used."""
    binding, path, demand, within = use
    while not around.hold(binding, within):
        node = graph.nodes.get(binding.loop) if isinstance(binding, FromItem) else None
        if not isinstance(binding, FromItem) or not isinstance(node, Step | Group):
            return binding, path, demand, within
        if node.loop is None:
            return binding, path, demand, within
        demand = demand.within(EACH, *filter(None, (binding.field,)))
        binding, path = node.loop.items, (*node.path, "forEach", "in")
    return None, path, demand, within


def _uses(
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


def _declared(
    spec: Spec, body: PipelineSpec, asked: Mapping[str, Mapping[Key, Demand]]
) -> Iterator[Written]:
    """What the pipeline itself says that its parameters may be."""
    for name, demands in asked.items():
        parameter = body.parameters.get(name)
        if parameter is None:
            continue
        path: Path = ("spec", "parameters", name)
        known: list[tuple[Path, Json]] = [
            ((*path, "enum", index), value) for index, value in enumerate(parameter.enum)
        ]
        if not known:  # of others it is said that they aren't among these
            known.append(((*path, "default"), parameter.default))
            for schedule, each in body.schedules.items():
                here = ("spec", "schedules", schedule, "parameters", name)
                known.append((here, each.parameters.get(name)))
        for demand in demands.values():
            yield from ((spec, here, value, demand) for here, value in known if value is not None)


def _outside(
    spec: Spec, body: PipelineSpec, name: str, asked: Mapping[str, Mapping[Key, Demand]]
) -> tuple[Demand, ...]:
    """What a caller must keep to: one of the values that there are, or all that is asked."""
    parameter = body.parameters[name]
    if parameter.enum:
        rule = OneOf(name, str(spec.ref), parameter.enum)
        why = ("they are declared here", spec.key_at("spec", "parameters", name))
        return (Demand(rule, (), (why,)),)
    return tuple(asked.get(name, {}).values())
