"""`bad-expression`, `expression-not-allowed`: every `${{` is a reference, and stands where one may
(LANGUAGE 6.3).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.container_step import in_arguments
from exai_compiler.checks.run_names import in_run_name
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path, strings, under_with
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
                yield from _broken(spec, under_with(step.name, port), step.spec.with_[port])
    for spec, path, text in subject.braced:
        if isinstance(spec.body, PipelineSpec) and (
            _allowed(path) or in_arguments(path) or in_run_name(path)
        ):
            continue
        escapes = _is_variable(spec, path)
        start = _unescaped(text) if escapes else text.find(OPEN)
        if start >= 0:
            yield Diagnostic(
                "expression-not-allowed",
                "no expression can stand here",
                spec.document.at(path, start),
                hint="write the value itself"
                + ("; `$${{` stands for a literal `${{`" if escapes else ""),
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


def _unescaped(text: str) -> int:
    """Where the first `${{` that isn't a literal one stands; -1 without any."""
    start = text.find(OPEN)
    while start > 0 and text[start - 1] == "$":
        start = text.find(OPEN, start + 1)
    return start


def _is_variable(spec: Spec, path: Path) -> bool:
    """A variable of a step: the one place outside `with` whose literal `$${{` is unescaped."""
    if not isinstance(spec.body, PipelineSpec):
        return False
    block = path[:-1]
    return block == ("spec", "defaults", "env") or (
        len(block) == 4 and block[:2] == ("spec", "steps") and block[3] == "env"
    )


def _allowed(path: Path) -> bool:
    return len(path) > 4 and path[:2] == ("spec", "steps") and path[3] == "with"
