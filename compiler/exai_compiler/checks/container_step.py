"""A container's command and arguments: every `${{ }}` there is an input, an output or a value of
the run (LANGUAGE section 6.3).

`bad-expression`, `unknown-reference`, `expression-not-allowed`.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.bodies.container import Wrong, outside, wrong_reference
from exai_compiler.checks.positions import position
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path, strings, value_at
from exai_compiler.graph import Graph, Step
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import ExpressionError, Reference, has_expression, parse_text
from exai_specs.kinds.step_parts import IfPresent
from exai_specs.nearest import nearest
from exai_specs.parse import Spec

FIELDS = ("command", "args")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, graph, step in subject.by_body.get("image", ()):
        base: Path = step.path
        for field in FIELDS:
            for path, text in strings(value_at(spec.document.value, (*base, field))):
                if has_expression(text):
                    yield from _text(spec, graph, step, (*base, field, *path), text)
        for index, argument in enumerate(step.spec.args):
            if isinstance(argument, IfPresent) and argument.if_present not in step.spec.with_:
                yield Diagnostic(
                    "unknown-reference",
                    f"this step has no input `{argument.if_present}`",
                    spec.at(*base, "args", index, "ifPresent"),
                    hint=did_you_mean(argument.if_present, step.spec.with_, "add it under `with`"),
                    related=(("its inputs", spec.key_at(*base, "with")),)
                    if step.spec.with_
                    else (),
                )


def _text(spec: Spec, graph: Graph, step: Step, path: Path, text: str) -> Iterator[Diagnostic]:
    try:
        parts = parse_text(text).parts
    except ExpressionError as error:
        at = spec.document.at(path, error.offset)
        yield Diagnostic("bad-expression", error.message, at, hint=error.hint or _HINT)
        return
    for part in parts:
        if isinstance(part, str):
            continue
        wrong: Wrong | None = Wrong("expression-not-allowed", "this can only be a reference", _HINT)
        if isinstance(part.expression, Reference):
            if step.component is None:  # what it is given can't be told: that is said already
                continue
            ports = step.component.inputs, step.component.outputs
            wrong = wrong_reference(part.expression, *ports)
            if wrong is not None and part.expression.parts[0] not in ROOTS:
                wrong = _meant(graph, step, part.expression) or wrong
        if wrong is not None:
            at = spec.document.at(path, part.expression.offset)
            yield Diagnostic(wrong.code, wrong.message, at, hint=wrong.hint)


def _meant(graph: Graph, step: Step, reference: Reference) -> Wrong | None:
    """What somebody means who writes a name without its root, or an item of a loop."""
    root, *rest = reference.parts
    if root in step.items and len(rest) <= 1:
        return outside(str(reference))
    if root == "item":  # those of all loops around have other names
        names = " or ".join(f"`${{{{ {name} }}}}`" for name in step.items)
        hint = f"give {names} under `with`" if names else "a step with `forEach` has an item"
        return Wrong("unknown-reference", "no item here is called `item`", hint)
    for known in ("inputs", "outputs"):
        ports = getattr(step.component, known, {})
        if root in ports:
            ending = ".path" if ports[root].is_artifact and not rest else ""
            name = ".".join((known, *reference.parts))
            message = f"no reference starts with `{root}`"
            return Wrong("unknown-reference", message, f"write ${{{{ {name}{ending} }}}}")
    if root in graph.parameters and not rest:
        return outside(f"parameters.{root}", root)
    if root in graph.nodes and len(rest) == 1:
        return outside(f"steps.{reference}", rest[0])
    if (near := nearest(root, ROOTS)) is not None:
        name = ".".join((near, *(rest or ["NAME"])))
        message = f"no reference starts with `{root}`"
        return Wrong("unknown-reference", message, f"write ${{{{ {name} }}}}")
    return None


ROOTS = ("inputs", "outputs", "run")
_HINT = "write ${{ inputs.NAME }}, ${{ outputs.NAME }} or ${{ run.NAME }}"


def in_arguments(path: Path) -> bool:
    """Whether a path of a pipeline is in the command or the arguments of a container."""
    return position(path) in FIELDS
