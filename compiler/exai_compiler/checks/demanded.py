"""Values that are used elsewhere than they are written: by a parameter, as the item of a loop, in
a pipeline that is called (LANGUAGE sections 6.1 to 6.3).

`bad-amount`, `unknown-reference`, `invalid-input`, `wrong-input-type`: what the use asks for is
carried back to the values that are known to get there. What a step makes is known to nobody, nor
what gets through a condition that looks at the same value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.checks.demands import (
    EACH,
    Demand,
    Key,
    OneOf,
    faults,
)
from exai_compiler.checks.guards import NO_GUARDS, Guards, guards
from exai_compiler.checks.reads import Read, read
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.checks.uses import Asked, Use, uses
from exai_compiler.graph import (
    Constant,
    FromItem,
    FromParameter,
    Graph,
    Group,
    Step,
)
from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec

Written = tuple[Spec, Path, Json, Demand]
"""A plain value, where it stands, and what is asked of it."""

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
        for use in uses(project, spec, graph, reads[name], asked, around):
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
