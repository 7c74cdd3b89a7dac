"""`bad-expression`, `expression-not-allowed`: every `${{` is a reference, and stands where one may
(LANGUAGE 6.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.checks.occurrences import strings
from exai_compiler.checks.subject import Path, Subject, under_with
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.graph import Broken
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.expressions import (
    OPEN,
    Embedded,
    ExpressionError,
    Reference,
    has_expression,
    parse_text,
)
from exai_specs.frozen import Json
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec

# How many names follow each root.
ROOTS = {"parameters": 1, "steps": 2, "run": 1}
FORMS = {
    "parameters": "${{ parameters.NAME }}",
    "steps": "${{ steps.STEP.OUTPUT }}",
    "run": "${{ run.NAME }}",
}


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, _, step in subject.steps():
        for port, binding in step.inputs.items():
            if isinstance(binding, Broken):
                yield from _broken(spec, under_with(step, port), step.spec.with_[port])
    for spec in subject.project.all:
        allowed = _allowed if isinstance(spec.body, PipelineSpec) else _nowhere
        for path, text in _marked(spec.document.value):
            if not allowed(path):
                yield Diagnostic(
                    "expression-not-allowed",
                    "no expression can stand here",
                    spec.document.at(path, text.index(OPEN)),
                    hint="write the value itself; `$${{` stands for a literal `${{`",
                )


def _broken(spec: Spec, path: Path, value: Json) -> Iterator[Diagnostic]:
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
            if not isinstance(part, str) and (problem := _problem(spec, here, part)) is not None:
                yield problem


def _problem(spec: Spec, path: Path, part: Embedded) -> Diagnostic | None:
    at: Span = spec.document.at(path, part.offset)
    expression = part.expression
    if not isinstance(expression, Reference):
        return Diagnostic(
            "expression-not-allowed",
            "a value can only be a reference; comparisons and literals belong into `if`",
            at,
            hint=_forms(),
        )
    root = expression.parts[0]
    at = spec.document.at(path, expression.offset)
    if root not in ROOTS:
        hint = did_you_mean(root, ROOTS)
        return Diagnostic("unknown-reference", f"no reference starts with `{root}`", at, hint=hint)
    if len(expression.parts) != ROOTS[root] + 1:
        written = ".".join(expression.parts)
        message = (
            f"`{written}` doesn't say which one"
            if len(expression.parts) <= ROOTS[root]
            else (f"`{written}` goes too deep")
        )
        return Diagnostic("bad-expression", message, at, hint=f"write {FORMS[root]}")
    return None


def _forms() -> str:
    return f"write {', '.join(list(FORMS.values())[:-1])} or {FORMS['run']}"


def _allowed(path: Path) -> bool:
    return len(path) > 4 and path[:2] == ("spec", "steps") and path[3] == "with"


def _nowhere(_: Path) -> bool:
    return False


def _marked(value: Mapping[str, Json]) -> Iterator[tuple[Path, str]]:
    # Every text of every document passes here: the loop keeps to plain stacks, and makes a path
    # only for a hit.
    stack: list[tuple[Json, object]] = [(value, None)]
    while stack:
        node, trail = stack.pop()
        if isinstance(node, str):
            if has_expression(node):
                yield _path(trail), node
        elif isinstance(node, Mapping):
            stack += [
                (item, (trail, key)) for key, item in node.items() if item.__class__ not in PLAIN
            ]
        elif isinstance(node, tuple):
            stack += [(item, (trail, index)) for index, item in enumerate(node)]


PLAIN = frozenset({int, float, bool, type(None)})


def _path(trail: object) -> Path:
    path: list[str | int] = []
    while isinstance(trail, tuple):
        trail, part = trail
        path.append(part)
    return tuple(reversed(path))
