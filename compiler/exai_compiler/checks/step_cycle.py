"""`step-cycle`: steps that wait for each other. Every edge is shown with its place."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.graph import FromStep, Graph, Step, cycle
from exai_specs.diagnostics import Diagnostic, Span


def check(subject: Subject) -> Iterator[Diagnostic]:
    for graph in subject.graphs.values():
        ring = cycle(graph)
        if not ring:
            continue
        edges = list(zip(ring, (*ring[1:], ring[0]), strict=True))
        places = [
            (f"`{b}` waits for `{a}`", _place(subject, graph, graph.steps[b], a)) for a, b in edges
        ]
        way = " -> ".join(f"`{name}`" for name in (*ring, ring[0]))
        yield Diagnostic(
            "step-cycle",
            f"step `{ring[0]}` waits for itself: {way}"
            if len(ring) == 1
            else f"steps wait for each other: {way}",
            places[0][1],
            hint="take away one of these references",
            related=tuple(places),
        )


def _place(subject: Subject, graph: Graph, step: Step, before: str) -> Span:
    spec = subject.project.specs[graph.pipeline]
    for occurrence in subject.occurrences(graph, step):
        if isinstance(occurrence.source, FromStep) and occurrence.source.step == before:
            return occurrence.at(spec)
    index = step.spec.after.index(before) if before in step.spec.after else 0
    return spec.at("spec", "steps", step.name, "after", index)
