"""`step-cycle`: steps that wait for each other. Every edge is shown with its place."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.rings import told
from exai_compiler.checks.subject import Subject
from exai_compiler.graph import FromStep, Graph, Node, Scope, bind, cycles, scopes, sources
from exai_specs.diagnostics import Diagnostic, Span


def wait_for_each_other(graph: Graph, one: str, other: str) -> bool:
    """Whether two are of one ring, which is told. All is gone through: ask it of what is wrong."""
    rings = (ring for scope in _scopes(graph.root) for ring in cycles(scope))
    return any(one in ring and other in ring for ring in rings)


def check(subject: Subject) -> Iterator[Diagnostic]:
    for graph in subject.graphs.values():
        every = tuple(_scopes(graph.root))
        named = tuple(each for scope in every for each in scope.nodes.items())
        for scope in every:
            for ring in cycles(scope):
                # Of two steps of one name either may be meant: `duplicate-step` speaks.
                if not any(name in ring and node is not graph.nodes[name] for name, node in named):
                    yield _cycle(subject, graph, scope, ring)


def _scopes(scope: Scope) -> Iterator[Scope]:
    yield scope
    for node in scope.nodes.values():
        for inner in scopes(node):
            yield from _scopes(inner)


def _cycle(subject: Subject, graph: Graph, scope: Scope, ring: tuple[str, ...]) -> Diagnostic:
    def edge(before: str, name: str) -> tuple[str, Span]:
        at = _place(subject, graph, scope.nodes[name], before)
        return f"`{name}` waits for `{before}`", at

    return told(
        "step-cycle",
        f"step `{ring[0]}` waits for itself",
        "steps wait for each other",
        ring,
        edge,
        "take away one of these references",
    )


def _place(subject: Subject, graph: Graph, node: Node, before: str) -> Span:
    """Where a step, or anything inside of a group, asks for another one."""
    spec = subject.project.specs[graph.pipeline]
    inside = (*node.within, node.name)
    for step in graph.steps.values():
        if step is node or step.within[: len(inside)] == inside:
            for occurrence in subject.occurrences(graph, step):
                if isinstance(occurrence.source, FromStep) and occurrence.source.step == before:
                    return occurrence.at(spec)
            for name in step.names:
                given = sources(bind(name.text, step.items))
                if any(isinstance(s, FromStep) and s.step == before for s in given):
                    return spec.at(*step.path, *name.path)
    for mention in subject.mentions[graph.pipeline.name]:
        source = mention.source
        here = mention.path[: len(node.path)] == node.path
        if here and isinstance(source, FromStep) and source.step == before:
            return mention.at(spec)
    for each in graph.nodes.values():
        if each.path[: len(node.path)] == node.path and before in each.spec.after:
            return spec.at(*each.path, "after", each.spec.after.index(before))
    return spec.key_at(*node.path)
