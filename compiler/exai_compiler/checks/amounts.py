"""`bad-amount`: limits of a step below its requests, with the defaults of the parameters that give
them in a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.bodies.run_names import of_resources
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.graph import (
    FromParameter,
    Graph,
    Items,
    bind,
)
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import PipelineSpec
from exai_specs.kinds.step_resources import StepResourceFields
from exai_specs.kinds.workload import Amount, over, stated
from exai_specs.parse import Spec
from exai_specs.units import Quantity, parse_quantity


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(PipelineSpec):
        yield from _limits(spec, subject.graphs[spec.ref.name], body)


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
    if resources is None or resources.limits is None or not any(of_resources(resources)):
        return

    def known(amounts: Mapping[str, Amount]) -> Mapping[str, Amount]:
        return {name: _known(body, amount, items) for name, amount in amounts.items()}

    for problem in over(known(stated(resources)), known(stated(resources.limits))):
        yield Diagnostic(
            "bad-amount",
            f"with the defaults of the parameters, this {problem.message}",
            spec.at(*path, "resources", *problem.path),
            hint=problem.said or "raise the one default, or lower the other",
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
