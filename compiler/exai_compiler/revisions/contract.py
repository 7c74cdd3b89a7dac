"""What the callers of a service have to know, and what breaks them.

In: both revisions. Out: `Break`s, each with the consumer that can no longer work and its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.edges import Node
from exai_compiler.feature_views import used
from exai_compiler.lineage import Lineage
from exai_compiler.project import Project
from exai_compiler.revisions.breaks import Break
from exai_compiler.revisions.reachable import callers, listed
from exai_compiler.revisions.surplus import Surplus, surplus_of
from exai_specs.identity import Ref
from exai_specs.kinds import (
    DatasetSpec,
    FeatureViewSpec,
    GraphSpec,
    ModelSpec,
    ServiceSpec,
)
from exai_specs.kinds.model_files import InlineModel
from exai_specs.values import frozen


@frozen
class Contract:
    """What a request has to hold (`inputs`: type by name), and how it is asked and answered:
    `outputs` are those that a signature declares. `surplus`: what becomes of anything else, where
    all that it may hold is known."""

    inputs: Mapping[str, str]
    protocol: str
    task: str
    surplus: Surplus
    outputs: Mapping[str, str]


def contract(
    project: Project, lineage: Lineage | None, columns: Mapping[str, list[Node]], name: str
) -> Contract | None:
    """None without such a service. `columns` are those of each model; without a lineage only what
    its signature declares is known."""
    service = project.body(ServiceSpec, name)
    if service is None:
        return None
    model_name = service.reference.partition("@")[0]
    model = project.body(ModelSpec, model_name)
    inputs: dict[str, str] = {}
    signature = model.signature if model is not None else None
    if isinstance(service.model, InlineModel):
        signature = service.model.signature
    if signature is not None:
        inputs |= {column: str(kind) for column, kind in signature.inputs.items()}
    elif lineage is not None:
        own = columns.get(model_name, ())
        inputs |= {node.column: _type(project, lineage, node) for node in own}
    surplus: Surplus = surplus_of(project, service) if inputs else "passed"
    if service.features is not None and (gives := used(project, service.features.service)):
        for column in gives.columns:
            inputs.pop(column, None)
        inputs |= {column: str(kind) for column, kind in gives.keys.items()}
        inputs |= {column: str(kind) for column, kind in gives.request.items()}
    task = model.task if model is not None else ""
    gives_back = signature.outputs if signature is not None else {}
    outputs = {column: str(kind) for column, kind in gives_back.items()}
    return Contract(inputs, service.protocol, task, surplus, outputs)


def _columns(lineage: Lineage) -> Mapping[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in lineage.nodes:
        if node.kind == "Model" and node.column:
            found.setdefault(node.name, []).append(node)
    return found


def _type(project: Project, lineage: Lineage, column: Node) -> str:
    """The type of the column that it is: others that it comes from, such as keys that it is looked
    up by, have names of their own."""
    for node in lineage.up(column):
        if node.column != column.column or node.step:
            continue
        if (dataset := project.body(DatasetSpec, node.name)) and node.kind == "Dataset":
            found = dataset.schema.get(node.column)
            return str(found.type) if found is not None else ""
        if (view := project.body(FeatureViewSpec, node.name)) and node.column in view.schema:
            return str(view.schema[node.column])
    return ""


def broken_callers(
    base: Project, head: Project, before: Lineage, after: Lineage, reached: frozenset[str]
) -> Iterator[Break]:
    """Whoever calls a service that wants or answers something else now. Only services that a change
    reaches are looked at."""
    old_columns, new_columns = _columns(before), _columns(after)
    for spec, service in base.bodies(ServiceSpec):
        name = spec.ref.name
        new = head.find("Service", name)
        if new is None or name not in reached or service.stopped:
            continue
        old_contract = contract(base, before, old_columns, name)
        new_contract = contract(head, after, new_columns, name)
        if old_contract is None or new_contract is None:
            continue
        for path, why in differences(old_contract, new_contract):
            own = path == "protocol"
            because, at = (spec.ref,) if own else (), new.at("spec", path)
            yield Break(callers(spec.ref), spec.ref, at, why, because, of_model=not own)


def broken_graphs(
    base: Project,
    head: Project,
    services: tuple[Break, ...],
    chains: Mapping[Ref, tuple[Ref, ...]],
) -> Iterator[Break]:
    """Whoever calls a graph that calls one of these `services`, as it did before. `chains` are
    those from what changed down to each of them."""
    by_name: dict[str, list[Break]] = {}
    for each in services:
        if each.ref.kind == "Service":
            by_name.setdefault(each.ref.name, []).append(each)
    if not by_name:
        return
    for spec, graph in head.bodies(GraphSpec):
        was = base.body(GraphSpec, spec.ref.name)
        before = {s.service for node in was.nodes.values() for s in node.steps} if was else set()
        told: set[str] = set()
        for name, node in graph.nodes.items():
            for index, step in enumerate(node.steps):
                called = step.service
                if called is None or called not in before or called in told:
                    continue
                told.add(called)
                for each in by_name.get(called, ()):
                    at = spec.at("spec", "nodes", name, "steps", index, "service")
                    because = each.because or chains.get(each.ref, (each.ref,))
                    why = f"it calls {each.ref}: {each.why}"
                    chain, of_model = (*because, spec.ref), each.of_model
                    who = callers(spec.ref)
                    yield Break(who, spec.ref, at, why, chain, of_model=of_model, via=each.ref)


def differences(old: Contract, new: Contract) -> Iterator[tuple[str, str]]:
    """Each field of a service by which its callers have to change something, and what."""
    if old.protocol != new.protocol:
        yield "protocol", f"it speaks {new.protocol}, and spoke {old.protocol}"
    if old.task and new.task and old.task != new.task:  # files tell none
        yield "model", f"it answers as a {new.task}, and answered as a {old.task}"
    wanted = [name for name in new.inputs if name not in old.inputs]
    surplus = [name for name in old.inputs if name not in new.inputs]
    refused = surplus and new.surplus == "refused"
    if wanted and refused:  # as a column with another name is
        no_more = f"may no longer have {listed(surplus)}"
        yield "model", f"a request must have {listed(wanted)} now, and {no_more}"
    elif wanted:
        yield "model", f"a request must have {listed(wanted)} now"
    elif refused:
        yield "model", f"a request may no longer have {listed(surplus)}"
    if surplus and new.surplus == "misread":
        why = "its server reads by position, and takes what is left for other columns"
        yield "model", f"a request should no longer have {listed(surplus)}: {why}"
    for name, kind in new.inputs.items():
        if kind and old.inputs.get(name, kind) not in (kind, ""):
            yield "model", f"`{name}` is {kind} now, and was {old.inputs[name]}"
    yield from _answers(old.outputs, new.outputs)


def _answers(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Of the outputs, where both declare them."""
    if old and new and old.keys() != new.keys():
        yield "model", f"an answer no longer has {listed([*old])}, and has {listed([*new])}"
    for name, kind in new.items():
        if old.get(name, kind) != kind:
            yield "model", f"an answer's `{name}` is {kind} now, and was {old[name]}"
