"""`half-expression`: `{{ parameters.lr }}` or `${ parameters.lr }` in a text of a step, where only
`${{ parameters.lr }}` is filled in.

Only where it names what there is. A warning: a template of Jinja or Argo is such a text, too, and a
comment allows it. Where text can't stand at all, the rule that refuses it says what to write; of
`{{$`, which Kubeflow Pipelines would expand, `kfp-placeholder` speaks.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.bodies.container import outside, wrong_reference
from exai_compiler.checks.port_types import fits
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import NUMBERS, Path, strings, texts_with, value_at
from exai_compiler.checks.unknown_reference import RUN_VALUES
from exai_compiler.graph import (
    FromArtifact,
    FromItem,
    FromParameter,
    FromRun,
    FromStep,
    Graph,
    Items,
    Step,
    port_type,
    source_of,
)
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import OPEN, Reference, half_written
from exai_specs.parse import Spec
from exai_specs.regexes import regex
from exai_specs.values import replace

_VARIABLE = "no expression is filled into a variable: give it to an input, under `with`"
_HALF = regex(
    r"(?<!\$)(?:\{\{-?|\$\{)\s*([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*)\s*(?:-?\}\}|\})"
)


def check(subject: Subject) -> Iterator[Diagnostic]:
    for graph in subject.graphs.values():
        spec = subject.project.specs[graph.pipeline]
        for path, name, items in subject.reads[graph.pipeline.name].names:
            if "{" in name.text:
                yield from _told(spec, graph, (*path, *name.path), name.text, items)
        if spec.document.may_say(_may_be_half):
            for step in graph.steps.values():
                yield from _given(spec, graph, step)
    for spec, graph, step in subject.by_body.get("image", ()):
        yield from _arguments(spec, graph, step)


def _may_be_half(text: str) -> bool:
    """Whether any braces in a text are others than those of expressions. False is certain."""
    whole = text.count(OPEN)
    return "{{{" in text or whole != text.count("{{") or whole != text.count("${")


def _given(spec: Spec, graph: Graph, step: Step) -> Iterator[Diagnostic]:
    ports = step.component.inputs if step.component is not None else {}
    for name, value in step.spec.with_.items():
        if isinstance(value, str) and ("{" not in value or value.startswith(OPEN)):
            continue  # as nearly all are
        if type(value) in NUMBERS:
            continue
        port = ports.get(name)
        misfit = port is not None and isinstance(value, str) and not fits(value, port_type(port))
        if misfit and half_written(str(value)):
            continue  # that it is of no such type is told, with what to write
        found = [((), value)] if isinstance(value, str) else texts_with("{", value)
        for inner, text in found:
            path = step.input_at(name, *inner)
            yield from _told(spec, graph, path, text, step.items)
    for name, variable in step.spec.env.items():
        if isinstance(variable, str):
            for problem in _told(spec, graph, (*step.path, "env", name), variable, step.items):
                yield replace(problem, hint=_VARIABLE)


def _arguments(spec: Spec, graph: Graph, step: Step) -> Iterator[Diagnostic]:
    for field in ("command", "args"):
        base: Path = (*step.path, field)
        for inner, text in strings(value_at(spec.document.value, base)):
            yield from _told(spec, graph, (*base, *inner), text, step.items, step)


def _told(
    spec: Spec, graph: Graph, path: Path, text: str, items: Items, container: Step | None = None
) -> Iterator[Diagnostic]:
    """`container` is the step of which this is an argument."""
    for found in _HALF.finditer(text):
        reference = Reference(tuple(found[1].split(".")), found.start(1))
        hint = _meant(graph, reference, items, container)
        if not hint:
            continue
        yield Diagnostic(
            "half-expression",
            f"`{found[0]}` is no expression, and stays as it is",
            spec.document.at(path, found.start()),
            "warning",
            hint,
        )


def _meant(graph: Graph, reference: Reference, items: Items, container: Step | None) -> str:
    """What to write for something that there is; "" for what is nothing of this pipeline."""
    component = container.component if container is not None else None
    if component is not None and reference.parts[0] in ("inputs", "outputs", "run"):
        wrong = wrong_reference(reference, component.inputs, component.outputs)
        return wrong.hint if wrong is not None else f"write ${{{{ {reference} }}}}"
    match source_of(reference, items):
        case FromParameter(name):
            is_there = name in graph.parameters
        case FromArtifact(name):
            is_there = name in graph.artifacts
        case FromStep(name):
            is_there = name in graph.nodes
        case FromRun(name):
            is_there = name in RUN_VALUES
        case FromItem(_, _, field):
            # `${rate}` alone is a variable of a shell.
            is_there = bool(field) or container is None
        case _:
            is_there = False
    if not is_there:
        return ""
    if container is not None:
        return outside(str(reference)).hint
    return f"write ${{{{ {reference} }}}}"
