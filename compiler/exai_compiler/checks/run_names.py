"""Names, amounts and placement that a run gives (LANGUAGE sections 3.4 and 6.3): one whole
reference each, to a parameter, an output or an item of the right type.

`bad-expression`, `expression-not-allowed`, `unknown-reference`, `untyped-loop`, `wrong-input-type`.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.bodies.run_names import TEXT, RunName
from exai_compiler.checks.broken_references import broken
from exai_compiler.checks.loops import untyped
from exai_compiler.checks.mentions import Mention
from exai_compiler.checks.occurrences import words
from exai_compiler.checks.positions import below_step
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.checks.unknown_reference import unknown
from exai_compiler.graph import (
    Broken,
    Composed,
    FromItem,
    FromParameter,
    FromStep,
    Graph,
    Items,
    Source,
    bind,
    source_type,
)
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import has_expression
from exai_specs.parse import Spec
from exai_specs.types import ListOf, StructOf

_HINT = "write ${{ parameters.NAME }} or ${{ steps.STEP.OUTPUT }}, and nothing around it"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for graph in subject.graphs.values():
        spec = subject.project.specs[graph.pipeline]
        for path, name, items in subject.reads[graph.pipeline.name].names:
            if has_expression(name.text):
                yield from _name(spec, graph, (*path, *name.path), name, items)


def _name(
    spec: Spec, graph: Graph, path: Path, name: RunName, items: Items
) -> Iterator[Diagnostic]:
    at = spec.at(*path)
    match bind(name.text, items):
        case FromStep() if path[1] == "defaults":
            message = "what every step has can't come from one of them"
            hint = "take it from a parameter, or write it at the steps that need it"
            yield Diagnostic("expression-not-allowed", message, at, hint=hint)
        case FromParameter() | FromStep() | FromItem() as source:
            mention = Mention(source, "name", path, ())
            yield from unknown(spec, graph, mention)
            # Items of several kinds may each be a placement, whole: no type says so.
            yield from untyped(spec, graph, mention, alone=name.types != TEXT)
            yield from _typed(name, source, graph, spec, path)
        case Broken():
            yield from broken(spec, graph, path, name.text, items)
        case Composed():
            message = "only one whole reference can stand here"
            yield Diagnostic("bad-expression", message, at, hint=_HINT)
        case _:
            message = "no such reference can stand here"
            yield Diagnostic("expression-not-allowed", message, at, hint=_HINT)


def _typed(
    name: RunName, source: Source, graph: Graph, spec: Spec, path: Path
) -> Iterator[Diagnostic]:
    found = source_type(graph, source)
    given = str(found)
    hint = "take another one, or write the value itself"
    if isinstance(found, ListOf):
        given = "list"
    elif isinstance(found, StructOf):
        # Labels are text alone; a toleration has a number too.
        if "list" in name.types or set(map(str, found.fields.values())) <= {"string"}:
            given = "struct"
        elif "struct" in name.types:
            hint = "make each of its fields a string"
    if found is not None and given not in name.types:
        if name.is_amount:
            shown = "4Gi" if path[-1] == "memory" else "2"
            hint = f"make it a string, such as '{shown}': Kubeflow Pipelines takes text alone"
        article = "an" if given[0] in "aeiouAEIOU" else "a"
        must = " or a ".join(name.types)
        yield Diagnostic(
            "wrong-input-type",
            f"`{words(source)}` is {article} {given}, and this must be a {must}",
            spec.at(*path),
            hint=hint,
        )


def in_run_name(path: Path) -> bool:
    """Whether a path of a pipeline is one where a run may give a name or the placement."""
    match below_step(path):
        case ("image",):
            return path[:2] != ("spec", "defaults")
        case ("env", _, "secret" | "configMap"):
            return True
        case ("volumes", _, "secret" | "configMap" | "pvc"):
            return True
        case ("imagePullSecrets", int(), "name"):
            return True
        case ("nodeSelector",) | ("tolerations",) | ("kubernetes", "nodeAffinity"):
            return True
        case ("resources", name) | ("resources", "limits", name):
            return name != "limits"
    return False
