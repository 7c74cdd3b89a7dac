"""`conditional-output`, `out-of-scope`: a step names one that isn't seen from there (LANGUAGE
section 6.3).

What is inside of an `if`, of a way of a `choose`, or guarded by `finally`, may not have run; what
is inside of a group is seen through its outputs alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from exai_compiler.checks.mentions import Mention
from exai_compiler.checks.step_cycle import wait_for_each_other
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.visible import hidden
from exai_compiler.graph import FINALLY, FromStep, Graph, Node, Path, Source, bind, sources
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    # Elsewhere every step sees every other one.
    for graph in subject.nested:
        spec = subject.project.specs[graph.pipeline]
        for step in graph.steps.values():
            within = (FINALLY,) if step is graph.last else step.within
            for occurrence in subject.occurrences(graph, step):
                found = _seen(spec, graph, within, occurrence.source, occurrence.at)
                yield from _of_no_ring(graph, step, occurrence.source, found)
    for graph in subject.nested:
        spec = subject.project.specs[graph.pipeline]
        for mention in subject.mentions[graph.pipeline.name]:
            if (inside := _ahead(spec, graph, mention)) is not None:
                yield inside
                continue
            yield from _seen(spec, graph, mention.within, mention.source, mention.at)
        for step in graph.steps.values():
            within = (FINALLY,) if step is graph.last else step.within
            for given in step.names:
                for source in sources(bind(given.text, step.items)):
                    path = (*step.path, *given.path)
                    yield from _seen(spec, graph, within, source, _place(path))
        for node in graph.nodes.values():
            for index, name in enumerate(node.spec.after):
                at, source = _place((*node.path, "after", index)), FromStep(name, "")
                found = _seen(spec, graph, node.within, source, at, to_wait=True)
                yield from _of_no_ring(graph, node, source, found)


def _ahead(spec: Spec, graph: Graph, mention: Mention) -> Diagnostic | None:
    """An `if` or a list of a group or way that reads what is inside of it."""
    node = graph.nodes.get(mention.source.step) if isinstance(mention.source, FromStep) else None
    if node is None or mention.field not in ("if", "in"):
        return None
    owner = mention.path[: -1 if mention.field == "if" else -2]
    if node.path[: len(owner)] != owner or len(node.path) == len(owner):
        return None
    what = "an `if`" if mention.field == "if" else "what a loop goes over"
    return Diagnostic(
        "out-of-scope",
        f"{what} is known before the steps inside run, and `{node.name}` is one of them",
        mention.at(spec),
        hint=f"move `{node.name}` before this",
        related=(("declared here", spec.key_at(*node.path)),),
    )


def _of_no_ring(
    graph: Graph, node: Node, source: Source, found: Iterator[Diagnostic]
) -> Iterator[Diagnostic]:
    """Without what is said of steps that wait for each other: the ring is told, and mends both."""
    for problem in found:
        step = source.step if isinstance(source, FromStep) else ""
        if not wait_for_each_other(graph, node.name, step):
            yield problem


def _place(path: Path) -> Callable[[Spec], Span]:
    return lambda spec: spec.at(*path)


def _seen(
    spec: Spec,
    graph: Graph,
    within: tuple[str, ...],
    source: Source,
    at: Callable[[Spec], Span],
    to_wait: bool = False,
) -> Iterator[Diagnostic]:
    node = graph.nodes.get(source.step) if isinstance(source, FromStep) else None
    why = hidden(graph, within, node, to_wait) if node is not None else None
    if why is not None:
        yield Diagnostic(
            "conditional-output" if why.conditional else "out-of-scope",
            why.message,
            at(spec),
            hint=why.hint,
            related=(("declared here", spec.key_at(*why.by)),),
        )
