"""`bad-amount`: what gives the resources of a step in a run must be amounts, as far as that is
known: defaults, allowed values, arguments of schedules and of calls, items of a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.bodies.run_names import RunName, of_resources
from exai_compiler.checks.reads import all_names
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.graph import (
    Constant,
    FromItem,
    FromParameter,
    Graph,
    Group,
    Items,
    Step,
    bind,
)
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.expressions import has_expression
from exai_specs.frozen import Json
from exai_specs.kinds import PipelineSpec
from exai_specs.kinds.step_resources import StepResourceFields
from exai_specs.kinds.workload import Amount, over, stated
from exai_specs.parse import Spec
from exai_specs.units import Quantity, parse_quantity

Use = tuple[str, Span]
"""The resource that a parameter is an amount of, and where that is said."""

Uses = Mapping[str, Use]
"""The first use of each parameter of a pipeline, of pipelines that it calls too."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    found: dict[str, Uses] = {}
    # Those that are called first: a caller's own parameter may be an amount in there.
    for name, graph in sorted(subject.graphs.items(), key=lambda item: (item[1].levels, item[0])):
        spec = subject.project.specs[graph.pipeline]
        if not isinstance(spec.body, PipelineSpec):
            continue
        uses: dict[str, Use] = {}
        for path, amount, items in all_names(graph, spec.body):
            if amount.is_amount:
                at = spec.at(*path, *amount.path)
                match bind(amount.text, items):
                    case FromParameter(parameter):
                        uses.setdefault(parameter, (str(amount.path[-1]), at))
                    case FromItem() as item:
                        yield from _items(spec, graph, item, (str(amount.path[-1]), at))
                    case _:
                        pass
        for step, inner in graph.calls:
            for parameter, use in found.get(inner.pipeline.name, {}).items():
                match step.inputs.get(parameter):
                    case Constant(value):
                        yield from _wrong(spec, (*step.path, "with", parameter), value, use)
                    case FromParameter(mine):
                        uses.setdefault(mine, use)
                    case _:
                        pass
        found[name] = uses
        yield from _declared(spec, spec.body, uses)
        yield from _limits(spec, graph, spec.body)


def _declared(spec: Spec, body: PipelineSpec, uses: Uses) -> Iterator[Diagnostic]:
    """What is known of parameters that are amounts."""
    for name, use in uses.items():
        parameter = body.parameters.get(name)
        if parameter is None:
            continue
        path: Path = ("spec", "parameters", name)
        for index, value in enumerate(parameter.enum or ()):
            yield from _wrong(spec, (*path, "enum", index), value, use)
        if parameter.enum:  # anything else isn't one of them
            continue
        yield from _wrong(spec, (*path, "default"), parameter.default, use)
        for schedule, each in body.schedules.items():
            here = ("spec", "schedules", schedule, "parameters", name)
            yield from _wrong(spec, here, each.parameters.get(name), use)


def _items(spec: Spec, graph: Graph, item: FromItem, use: Use) -> Iterator[Diagnostic]:
    node = graph.nodes.get(item.loop)
    loop = node.loop if isinstance(node, Step | Group) else None
    if node is None or loop is None or not isinstance(loop.items, Constant):
        return
    values = loop.items.value if isinstance(loop.items.value, tuple) else ()
    for index, value in enumerate(values):
        path: Path = (*node.path, "forEach", "in", index)
        if not item.field:
            yield from _wrong(spec, path, value, use)
        elif isinstance(value, Mapping):
            yield from _wrong(spec, (*path, item.field), value.get(item.field), use)


def _wrong(spec: Spec, path: Path, value: Json, use: Use) -> Iterator[Diagnostic]:
    """Of text alone: what else it is, is told as its type."""
    if not isinstance(value, str) or has_expression(value):
        return
    try:
        parse_quantity(value)
    except ValueError as error:
        resource, at = use
        yield Diagnostic(
            "bad-amount",
            f'"{value}" is no amount of {resource}',
            spec.at(*path),
            hint=str(error),
            related=((f"it is the {resource} of a step", at),),
        )


def _limits(spec: Spec, graph: Graph, body: PipelineSpec) -> Iterator[Diagnostic]:
    """Limits below the requests, with the defaults of parameters."""
    yield from _block(spec, body, body.defaults.resources, ("spec", "defaults"), {})
    for step in graph.steps.values():
        yield from _block(spec, body, step.spec.resources, step.path, step.items)


def _block(
    spec: Spec,
    body: PipelineSpec,
    resources: StepResourceFields | None,
    path: Path,
    items: Items,
) -> Iterator[Diagnostic]:
    given: tuple[RunName, ...] = tuple(of_resources(resources))
    if resources is None or resources.limits is None or not given:
        return

    def known(amounts: Mapping[str, Amount]) -> Mapping[str, Amount]:
        return {name: _known(body, amount, items) for name, amount in amounts.items()}

    for problem in over(known(stated(resources)), known(stated(resources.limits))):
        yield Diagnostic(
            "bad-amount",
            f"with the defaults of the parameters, this {problem.message}",
            spec.at(*path, "resources", *problem.path),
            hint=problem.hint or "raise the one default, or lower the other",
        )


def _known(body: PipelineSpec, amount: Amount, items: Items) -> Quantity | str:
    """The amount itself where a default gives it; its text otherwise."""
    if not isinstance(amount, str):
        return amount
    match bind(amount, items):
        case FromParameter(name) if name in body.parameters:
            default = body.parameters[name].default
            try:
                return parse_quantity(default) if isinstance(default, str) else amount
            except ValueError:
                return amount
    return amount
