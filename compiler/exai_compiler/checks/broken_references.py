"""Why an expression of a pipeline can't be read, or names nothing (LANGUAGE section 6.3).

In: the text that a binding found `Broken`, with its place. Out: a diagnostic for each thing that is
wrong with it. Never: where expressions may stand, or what a reference that can be read names.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path, strings
from exai_compiler.graph import Graph, Items
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import (
    ExpressionError,
    Reference,
    has_expression,
    parse_text,
    references_of,
)
from exai_specs.frozen import Json
from exai_specs.parse import Spec

# How many names follow each root.
ROOTS = {"parameters": 1, "artifacts": 1, "steps": 2, "run": 1, "status": 0}
FORMS = {
    "parameters": "${{ parameters.NAME }}",
    "artifacts": "${{ artifacts.NAME }}",
    "steps": "${{ steps.STEP.OUTPUT }}",
    "run": "${{ run.NAME }}",
    "status": "${{ status }}",
}


# What other engines put between a step and its output, or between a root and a name.
_BETWEEN = ("outputs", "output", "artifacts", "parameters")


def broken(
    spec: Spec, graph: Graph, path: Path, value: Json, items: Items, is_condition: bool = False
) -> Iterator[Diagnostic]:
    """Everything that is wrong with the references in a value; `items` are those seen there."""
    for inner, text in strings(value):
        if not has_expression(text):
            continue
        here = (*path, *inner)
        try:
            parts = parse_text(text).parts
        except ExpressionError as error:
            at = spec.document.at(here, error.offset)
            yield Diagnostic("bad-expression", error.message, at, hint=error.hint or _forms())
            continue
        for part in parts:
            if isinstance(part, str):
                continue
            if not isinstance(part.expression, Reference) and not is_condition:
                yield Diagnostic(
                    "expression-not-allowed",
                    "a value can only be a reference; comparisons and literals belong into `if`",
                    spec.document.at(here, part.offset),
                    hint=_forms(),
                )
                continue
            for reference in references_of(part.expression):
                if (problem := _problem(spec, graph, here, reference, items)) is not None:
                    yield problem


def _problem(
    spec: Spec, graph: Graph, path: Path, reference: Reference, items: Items
) -> Diagnostic | None:
    root = reference.parts[0]
    at = spec.document.at(path, reference.offset)
    if root in items:
        if len(reference.parts) <= 2:
            return None
        message, hint = f"`{reference}` goes too deep", f"write ${{{{ {root}.FIELD }}}}"
        return Diagnostic("bad-expression", message, at, hint=hint)
    if root not in ROOTS:
        hint = _meant(graph, reference, items) or did_you_mean(root, (*ROOTS, *items))
        return Diagnostic("unknown-reference", no_root(root), at, hint=hint)
    names = reference.parts[1:]
    if len(names) == ROOTS[root]:
        return None
    short = len(names) < ROOTS[root]
    message = f"`{reference}` " + ("doesn't say which one" if short else "goes too deep")
    if root == "steps" and not short and names[1] in _BETWEEN:
        names = (names[0], *names[2:])
    form = FORMS[root]
    for word, name in zip(
        ("STEP", "OUTPUT") if root == "steps" else ("NAME",), names, strict=False
    ):
        form = form.replace(word, name)
    return Diagnostic("bad-expression", message, at, hint=f"write {form}")


def _meant(graph: Graph, reference: Reference, items: Items) -> str:
    """What somebody means who writes a name of the pipeline without its root; "" for no idea."""
    root, *rest = reference.parts
    if root == "item" and items:
        return "the item is " + " or ".join(f"${{{{ {name} }}}}" for name in items)
    if root == "item":
        return "an item is what `forEach` goes over: a step with it has one, and those inside"
    if "parameters" in rest[:-1]:
        return f"write ${{{{ parameters.{rest[-1]} }}}}"
    if root in ("inputs", "outputs"):
        return f"`{root}` are known in the `command` and `args` of a container step; {_forms()}"
    if root in ("env", "secrets", "secret"):
        return "no value of a Secret or variable goes through expressions: use a step's `env`"
    if not rest:
        for known, names in (("parameters", graph.parameters), ("artifacts", graph.artifacts)):
            if root in names:
                return f"write ${{{{ {known}.{root} }}}}"
    if root in graph.nodes:
        output = rest[-1] if rest and rest[-1] not in _BETWEEN else "OUTPUT"
        return f"write ${{{{ steps.{root}.{output} }}}}"
    return ""


def _forms() -> str:
    return f"write {FORMS['parameters']}, {FORMS['steps']} or {FORMS['run']}"


def no_root(name: str) -> str:
    """What is said of a reference that starts with no root and no item."""
    return f"no reference starts with `{name}`"
