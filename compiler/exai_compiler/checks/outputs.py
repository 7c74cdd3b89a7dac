"""`bad-output`, `branch-outputs`, `misplaced-else`: what leaves a group, a way of a choice, or a
pipeline (LANGUAGE section 6).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.port_types import describe
from exai_compiler.checks.subject import Subject
from exai_compiler.graph import (
    Binding,
    Broken,
    Choice,
    Condition,
    Constant,
    FromStep,
    Graph,
    source_type,
)
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import half_written
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for graph in subject.graphs.values():
        spec = subject.project.specs[graph.pipeline]
        for field in subject.reads[graph.pipeline.name].fields:
            if field.field == "output" and not isinstance(field.binding, FromStep | Broken):
                yield Diagnostic(
                    "bad-output",
                    "an output is the output of one of the steps here",
                    spec.at(*field.path),
                    hint=_whole(field.binding),
                )
            elif field.field == "output" and isinstance(field.binding, FromStep):
                node = graph.nodes.get(field.binding.step)
                inside = () if field.path[:2] == ("spec", "outputs") else field.within
                if node is not None and len(node.within) < len(inside):
                    yield Diagnostic(
                        "bad-output",
                        f"`{node.name}` isn't one of the steps of this group",
                        spec.at(*field.path),
                        hint="read it where it is; an output is made inside",
                        related=(("declared here", spec.key_at(*node.path)),),
                    )
        for node in graph.nodes.values():
            if isinstance(node, Choice):
                yield from _choice(spec, graph, node)


def _whole(binding: Binding | Condition) -> str:
    text = binding.value if isinstance(binding, Constant) else ""
    meant = (half_written(text) or half_written(f"{{{text}}}")) if isinstance(text, str) else ""
    return f"write {meant}" if meant else "write ${{ steps.STEP.OUTPUT }} and nothing else"


def _choice(spec: Spec, graph: Graph, choice: Choice) -> Iterator[Diagnostic]:
    last = len(choice.branches) - 1
    for index, branch in enumerate(choice.branches):
        if branch.condition is None and (index != last or last == 0):
            yield Diagnostic(
                "misplaced-else",
                "a way without `if` is taken when no other is, so it is the last of several",
                spec.at(*branch.path),
                hint="add an `if`, or move it to the end",
            )
    with_outputs = [branch for branch in choice.branches if branch.scope.outputs]
    if not with_outputs:
        return
    first = with_outputs[0]
    place = ("outputs here", spec.key_at(*first.path, "outputs"))
    if not choice.has_else:
        yield Diagnostic(
            "branch-outputs",
            f"`{choice.name}` has outputs, but no way may be taken",
            spec.key_at(*choice.path),
            hint="add a last way without `if`, with the same outputs",
            related=(place,),
        )
    for branch in choice.branches:
        missing = sorted(set(first.scope.outputs) ^ set(branch.scope.outputs))
        at = (*branch.path, "outputs") if branch.scope.outputs else branch.path
        if missing:
            names = ", ".join(f"`{name}`" for name in missing)
            yield Diagnostic(
                "branch-outputs",
                f"every way of `{choice.name}` has the same outputs: {names} isn't in every one",
                spec.key_at(*at) if branch.scope.outputs else spec.at(*at),
                hint="give every way the same `outputs`",
                related=(place,),
            )
            continue
        for name, binding in branch.scope.outputs.items():
            here = source_type(graph, binding) if isinstance(binding, FromStep) else None
            other = first.scope.outputs[name]
            there = source_type(graph, other) if isinstance(other, FromStep) else None
            if here is not None and there is not None and here != there:
                yield Diagnostic(
                    "branch-outputs",
                    f"`{name}` is {describe(here)} here, and {describe(there)} in the first way",
                    spec.at(*branch.path, "outputs", name),
                    hint="an output has one type in every way",
                    related=(("the first way", spec.at(*first.path, "outputs", name)),),
                )
