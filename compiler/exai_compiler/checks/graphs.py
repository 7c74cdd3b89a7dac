"""Graphs, as KServe's webhook and router want them (targets 1.8).

`graph-weights`: shares that aren't whole, or aren't 100 % together. `graph-step`: what the node's
router doesn't know of a step, or has to. `graph-cycle`: nodes that lead to each other.
`unused-node`: one that no request reaches. Unknown services and nodes are `unknown-reference`,
names that stand twice `duplicate-name`. `graph-protocol`: a service that KServe asks by another
protocol than its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from exai_compiler.backends.kserve.chosen import Chosen, choose
from exai_compiler.backends.kserve.own_runtimes import runtimes
from exai_compiler.backends.kserve.served import may_be_served
from exai_compiler.backends.kserve.shipped import V1_V2
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_specs.blocks import yaml_name
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import GraphSpec, ServiceSpec
from exai_specs.kinds.graph import ROOT, GraphNode, GraphStep
from exai_specs.kinds.service import CUSTOM
from exai_specs.nearest import nearest
from exai_specs.parse import Spec

# Field of a step -> the only router that knows it.
ONLY = {
    "weight": "Splitter",
    "condition": "Switch",
    "data": "Sequence",
    "map_predictions_to_instances": "Sequence",
}
NEEDED = {"Splitter": "weight", "Switch": "condition"}


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(GraphSpec):
        for name, node in body.nodes.items():
            yield from _references(subject, spec, body, name, node)
            yield from _router(spec, name, node)
        yield from _cycles(spec, body)
        yield from _unused(spec, body)
        timeout = body.timeout
        if timeout is not None and not timeout.seconds_exact():
            message = f"KServe takes whole seconds from 1 here, and {timeout} is none"
            at = spec.at("spec", "timeout")
            yield Diagnostic("inexact-unit", message, at, hint="round it to seconds")


def _references(
    subject: Subject, spec: Spec, body: GraphSpec, name: str, node: GraphNode
) -> Iterator[Diagnostic]:
    names: dict[str, Path] = {}
    for index, step in enumerate(node.steps):
        path: Path = ("spec", "nodes", name, "steps", index)
        if step.service is not None and subject.project.find("Service", step.service) is None:
            known = subject.project.names("Service")
            hint = did_you_mean(step.service, known, "add a Service document of that name")
            if subject.project.find("LLMService", step.service) is not None:
                hint = "KServe's graphs ask InferenceServices alone: name an LLMService by its url"
            elif step.service in body.nodes:
                hint = f"that is a node of this graph: write `node: {step.service}`"
            yield _unknown("Service", step.service, spec, (*path, "service"), hint)
        yield from _answers(subject, spec, (*path, "service"), step)
        if step.node is not None and step.node not in body.nodes:
            hint = did_you_mean(step.node, body.nodes)
            yield _unknown("node", step.node, spec, (*path, "node"), hint)
        if step.name is not None and step.name in names:
            yield Diagnostic(
                "duplicate-name",
                f"two steps of node `{name}` are called `{step.name}`",
                spec.at(*path, "name"),
                hint="give one of them another name",
                related=(("the first", spec.at(*names[step.name])),),
            )
        elif step.name is not None:
            names[step.name] = (*path, "name")


def _answers(subject: Subject, spec: Spec, path: Path, step: GraphStep) -> Iterator[Diagnostic]:
    """KServe's router posts JSON (cmd/router); of a stopped service no pod is there to answer."""
    there = subject.project.find("Service", step.service) if step.service is not None else None
    body = there.body if there is not None else None
    if there is not None and isinstance(body, ServiceSpec) and body.protocol.startswith("grpc"):
        yield Diagnostic(
            "graph-step",
            f"a graph asks over HTTP, and Service `{step.service}` answers over {body.protocol}",
            spec.at(*path),
            hint="serve it by protocol v1 or v2",
            related=((str(there.ref), there.at("spec", "protocol")),),
        )
    if there is not None and isinstance(body, ServiceSpec):
        yield from _by_protocol(subject, spec, path, there, body)
    clusters = [name for name, each in subject.environments.items() if each.target != "local"]
    if there is not None and isinstance(body, ServiceSpec) and body.stopped and clusters:
        yield Diagnostic(
            "stopped-service",
            f"Service `{step.service}` is stopped, and nothing answers this step",
            spec.at(*path),
            "warning",
            hint="start it, or take the step out of the graph",
            related=((str(there.ref), there.at("spec", "stopped")),),
            environments=tuple(clusters),
        )


def _by_protocol(
    subject: Subject, spec: Spec, path: Path, service: Spec, body: ServiceSpec
) -> Iterator[Diagnostic]:
    """KServe asks by a protocol of the runtime's, and of a transformer alone by its own."""
    apart = body.transformer is not None and not body.transformer.collocated
    if body.runtime == CUSTOM or apart or body.features is not None:
        return
    for name, environment in subject.environments.items():
        known = runtimes(subject.project, environment)
        if environment.target == "local":
            continue
        for format_, version, digest in may_be_served(subject.project, subject.makers, body.model):
            chosen = choose(format_, version, body.protocol, body.runtime, known, digest)
            runtime = chosen.runtime if isinstance(chosen, Chosen) else None
            asked = runtime.asked_by_graphs() if runtime is not None else body.protocol
            if runtime is None or asked == body.protocol or body.protocol not in V1_V2:
                continue
            stated = "protocol" in service.document.value["spec"]  # type: ignore[operator]  # a mapping
            at = service.at("spec", "protocol") if stated else service.at("metadata", "name")
            where = subject.project.root.key_at("spec", "environments", name)
            yield Diagnostic(
                "graph-protocol",
                f"a graph asks Service `{service.ref.name}` by {asked}, and it is to be asked by "
                f"{body.protocol}",
                spec.at(*path),
                "warning",
                f"write `protocol: {asked}` there, and requests of it: KServe takes the first "
                f"protocol of runtime `{runtime.name}`",
                ((str(service.ref), at), (f"environment `{name}`", where)),
                (name,),
            )
            break


def _unknown(what: str, name: str, spec: Spec, path: Path, hint: str) -> Diagnostic:
    return Diagnostic(
        "unknown-reference", f"there is no {what} `{name}`", spec.at(*path), hint=hint
    )


def _router(spec: Spec, name: str, node: GraphNode) -> Iterator[Diagnostic]:
    needed = NEEDED.get(node.router_type)
    total = 0
    for index, step in enumerate(node.steps):
        path: Path = ("spec", "nodes", name, "steps", index)
        for field, router in ONLY.items():
            if getattr(step, field) is not None and node.router_type != router:
                yield Diagnostic(
                    "graph-step",
                    f"the router {node.router_type} knows no `{yaml_name(field)}`",
                    spec.key_at(*path, yaml_name(field)),
                    hint=f"remove it, or write `routerType: {router}`",
                )
        if needed is not None and getattr(step, needed) is None:
            yield Diagnostic(
                "graph-step",
                f"each step of a {node.router_type} has a `{needed}`, and this one has none",
                spec.at(*path),
                hint=f"add {needed}",
            )
        if step.weight is not None and node.router_type == "Splitter":
            share = step.weight.percent
            total += int(share)
            if share != int(share):
                yield Diagnostic(
                    "graph-weights",
                    f"KServe takes whole percents, and {step.weight} is none",
                    spec.at(*path, "weight"),
                    hint="round it",
                )
    splits = node.router_type == "Splitter"
    if splits and total != 100 and all(step.weight is not None for step in node.steps):
        yield Diagnostic(
            "graph-weights",
            f"the weights are {total}% together",
            spec.at("spec", "nodes", name, "steps"),
            hint="make them 100%",
        )


def _cycles(spec: Spec, body: GraphSpec) -> Iterator[Diagnostic]:
    """Each cycle once, at its first edge, with the place of every other. No recursion: a graph may
    be as deep as its author likes.
    """
    done: set[str] = set()
    for start in body.nodes:
        places: dict[str, int] = {}
        trail: list[tuple[str, int]] = []
        ahead = [_Ahead(start, iter(_edges(body, start)))] if start not in done else []
        while ahead:
            name, edges = ahead[-1]
            places.setdefault(name, len(ahead) - 1)
            following = next(edges, None)
            if following is None:
                ahead.pop()
                del places[name], trail[len(ahead) :]
                done.add(name)
                continue
            index, target = following
            trail[len(ahead) - 1 :] = [(name, index)]
            if target in places:
                yield _cycle(spec, trail[places[target] :])
            elif target in body.nodes and target not in done:
                ahead.append(_Ahead(target, iter(_edges(body, target))))


class _Ahead(NamedTuple):
    name: str
    edges: Iterator[tuple[int, str]]


def _edges(body: GraphSpec, name: str) -> Iterator[tuple[int, str]]:
    for index, step in enumerate(body.nodes[name].steps if name in body.nodes else ()):
        if step.node is not None:
            yield index, step.node


def _cycle(spec: Spec, edges: list[tuple[str, int]]) -> Diagnostic:
    places = [spec.at("spec", "nodes", node, "steps", index, "node") for node, index in edges]
    shown = " -> ".join(f"`{name}`" for name in (*(node for node, _ in edges), edges[0][0]))
    return Diagnostic(
        "graph-cycle",
        f"a request would go round: {shown}",
        places[0],
        hint="let one of them end at a service",
        related=tuple(("and on from here", place) for place in places[1:]),
    )


def _unused(spec: Spec, body: GraphSpec) -> Iterator[Diagnostic]:
    reached: set[str] = set()
    ahead = [ROOT]
    while ahead:
        name = ahead.pop()
        if name in reached or name not in body.nodes:
            continue
        reached.add(name)
        ahead += [step.node for step in body.nodes[name].steps if step.node is not None]
    asked = [step.node for node in body.nodes.values() for step in node.steps if step.node]
    reached |= {nearest(name, body.nodes) or "" for name in asked if name not in body.nodes}
    for name in body.nodes:
        if name not in reached:
            yield Diagnostic(
                "unused-node",
                f"no way leads from `{ROOT}` to node `{name}`",
                spec.key_at("spec", "nodes", name),
                "warning",
                "name it in a step, or remove it",
            )
