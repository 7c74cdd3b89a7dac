"""`duplicate-step`, `generated-name`: steps are KFP's tasks, each with a name of its own in the
whole pipeline (LANGUAGE section 1.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.graph import Choice, Graph, Group, Scope, Step, scopes
from exai_specs.diagnostics import Diagnostic

# As the KFP backend calls the task that holds all steps of a pipeline with `finally`.
EXIT_HANDLER = "exit-handler"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for graph in subject.nested:  # elsewhere the names are keys of one mapping
        spec = subject.project.specs[graph.pipeline]
        for name, path in _all(graph.root):
            first = graph.nodes[name].path
            if first != path:
                yield Diagnostic(
                    "duplicate-step",
                    f"there is already a step `{name}` in this pipeline",
                    spec.key_at(*path),
                    hint="give one of them another name; groups have no names of their own",
                    related=(("declared here", spec.key_at(*first)),),
                )
        for made, (why, place) in _made(graph).items():
            clash = graph.nodes.get(made)
            if clash is not None:
                yield Diagnostic(
                    "generated-name",
                    f"exai calls a task `{made}` itself: {why}",
                    spec.key_at(*clash.path),
                    hint="give this step another name",
                    related=(("for this", spec.key_at(*place)),),
                )


def _all(scope: Scope) -> Iterator[tuple[str, Path]]:
    for name, node in scope.nodes.items():
        yield name, node.path
        for inner in scopes(node):
            yield from _all(inner)


def _made(graph: Graph) -> Mapping[str, tuple[str, Path]]:
    """The names of tasks and inputs that nobody wrote, why there are, and for what."""
    found: dict[str, tuple[str, Path]] = {}
    for name, node in graph.nodes.items():
        if isinstance(node, Step) and (node.condition is not None or node.loop is not None):
            found[f"{name}-do"] = (f"the work of `{name}`", node.path)
        if isinstance(node, Step | Group) and node.loop is not None:
            found[f"{name}-loop-item"] = (f"the item of `{name}`", node.path)
            if node.condition is not None:
                found[f"{name}-each"] = (f"the loop of `{name}`", node.path)
        if isinstance(node, Choice):
            for branch in node.branches:
                found[branch.name] = (f"a way of `{name}`", node.path)
    if graph.last is not None:
        found[EXIT_HANDLER] = ("it guards the steps for `finally`", graph.last.path)
    return found
