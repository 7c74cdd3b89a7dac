"""`exit-step`: `ignoreUpstreamFailure` where a cluster can't honour it (LANGUAGE section 6.2).

Kubeflow Pipelines makes such a step a hook of each task that it depends on, outside of the DAG
(`taskToExitTemplate` in backend/src/v2/compiler/argocompiler/dag.go of kubeflow/pipelines). So it
runs once after each of them, a task has one hook at most, loops and imports have none, and nothing
can wait for a hook. The local target does all of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.graph import Choice, Graph, Node, Step
from exai_specs.diagnostics import Diagnostic
from exai_specs.parse import Spec

FIELD = "ignoreUpstreamFailure"


def check(subject: Subject) -> Iterator[Diagnostic]:
    if all(each.target == "local" for each in subject.environments.values()):
        return
    found: dict[str, tuple[Spec, Graph, dict[str, Step]]] = {}
    for spec, graph, step in subject.steps():
        if step.spec.ignore_upstream_failure and step.needs:
            found.setdefault(spec.ref.name, (spec, graph, {}))[2][step.name] = step
    for spec, graph, steps in found.values():
        after: dict[str, Step] = {}
        for step in steps.values():
            yield from _hooked(spec, graph, step, after)
        for node in graph.nodes.values():
            for name in node.needs:
                if name in steps:
                    yield _waits(spec, node, steps[name])


def _hooked(spec: Spec, graph: Graph, step: Step, after: dict[str, Step]) -> Iterator[Diagnostic]:
    """What is wrong with one such step; `after` are those before it, by what they wait for."""
    at = spec.key_at(*step.path, FIELD)
    if len(step.needs) > 1:
        shown = ", ".join(f"`{name}`" for name in step.needs)
        wrong = f"on Kubeflow Pipelines `{step.name}` runs once after each of {shown}"
        hint = "put those into a group, and wait for that: `after: [GROUP]`"
        yield Diagnostic("exit-step", wrong, at, hint=hint)
        return
    (name,) = step.needs
    if step.loop is not None and step.condition is None:
        wrong = f"Kubeflow Pipelines refuses a loop that runs after failures, as `{step.name}`"
        yield Diagnostic("exit-step", wrong, at, hint="go over the items in the step's own code")
        return
    before = graph.nodes.get(name)
    if before is not None and (what := _without_hooks(before)):
        yield Diagnostic(
            "exit-step",
            f"`{name}` is {what}, after which Kubeflow Pipelines runs no such step: never "
            f"`{step.name}`",
            at,
            hint=f"put `{name}` into a group, and wait for that: `after: [GROUP]`",
            related=((f"`{name}`", spec.key_at(*before.path)),),
        )
    elif (other := after.setdefault(name, step)) is not step:
        yield Diagnostic(
            "exit-step",
            f"`{other.name}` runs after `{name}`, too, and Kubeflow Pipelines runs but one of them",
            at,
            hint=f"make one step of both, or put `{name}` and `{other.name}` into a group, and "
            "wait for that",
            related=(("the other", spec.key_at(*other.path)),),
        )


def _without_hooks(node: Node) -> str:
    if isinstance(node, Choice) or node.condition is not None:
        return ""
    if node.loop is not None:
        return "a loop"
    return "an import" if isinstance(node, Step) and node.spec.import_ is not None else ""


def _waits(spec: Spec, node: Node, step: Step) -> Diagnostic:
    return Diagnostic(
        "exit-step",
        f"`{node.name}` waits for `{step.name}`, which runs after failures: on Kubeflow Pipelines "
        "nothing can wait for such a step",
        spec.key_at(*node.path),
        hint=f"do it in `{step.name}`, or in `finally`",
        related=((f"`{step.name}`", spec.key_at(*step.path, FIELD)),),
    )
