"""`unknown-reference`: a name that no document, step, output or parameter has (LANGUAGE sections
1.2 and 6.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.checks.occurrences import occurrences
from exai_compiler.checks.subject import Subject, under_with
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.columns import text
from exai_compiler.graph import FromParameter, FromRun, FromStep, Graph, Source, Step
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import PipelineSpec, ServiceSpec
from exai_specs.parse import Spec

RUN_VALUES = (
    "id name resourceName createdAt scheduledAt root stepName stepId workspace".split()  # noqa: SIM905 - as the language lists them
)


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Every name that a document gives to another one, and every reference in a pipeline."""
    for spec, body in subject.project.bodies(ServiceSpec):
        name = body.model.partition("@")[0]
        yield from _document(subject, "Model", name, spec.at("spec", "model"))
    for spec, graph, step in subject.steps():
        if step.component is not None:
            for port, kind in step.component.refs.items():
                if name := text(step.inputs.get(port)):
                    yield from _document(subject, kind, name, spec.at(*under_with(step, port)))
        for index, name in enumerate(step.spec.after):
            if name not in graph.steps:
                at = spec.at("spec", "steps", step.name, "after", index)
                yield _unknown("step", name, at, graph.steps)
        yield from _expressions(spec, graph, step)


def _document(subject: Subject, kind: str, name: str, at: Span) -> Iterator[Diagnostic]:
    if subject.project.find(kind, name) is not None:
        return
    known = [ref.name for ref in subject.project.specs if ref.kind == kind]
    yield _unknown(kind, name, at, known, f"add a {kind} document of that name")


def _unknown(
    kind: str,
    name: str,
    at: Span,
    known: Iterable[str],
    otherwise: str = "",
    *,
    related: tuple[tuple[str, Span], ...] = (),
) -> Diagnostic:
    hint = did_you_mean(name, known, otherwise)
    return Diagnostic(
        "unknown-reference", f"there is no {kind} `{name}`", at, hint=hint, related=related
    )


def _expressions(spec: Spec, graph: Graph, step: Step) -> Iterator[Diagnostic]:
    for occurrence in occurrences(step):
        problem = _problem(spec, graph, occurrence.source, occurrence.at(spec))
        if problem is not None:
            yield problem


def _problem(spec: Spec, graph: Graph, source: Source, at: Span) -> Diagnostic | None:
    match source:
        case FromParameter(name):
            known = spec.body.parameters if isinstance(spec.body, PipelineSpec) else {}
            if name not in known:
                return _unknown("parameter", name, at, known, "declare it under spec.parameters")
        case FromRun(name):
            if name not in RUN_VALUES:
                return _unknown("value of the run", name, at, RUN_VALUES)
        case FromStep(name, output):
            producer = graph.steps.get(name)
            if producer is None:
                return _unknown("step", name, at, graph.steps)
            if producer.component is not None and output not in producer.component.outputs:
                place = spec.key_at("spec", "steps", name)
                return _unknown(
                    f"output of step `{name}` ({producer.component.name}) named",
                    output,
                    at,
                    producer.component.outputs,
                    related=(("the step", place),),
                )
    return None
