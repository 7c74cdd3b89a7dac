"""`unknown-reference`: a name that no document, step, output or parameter has (LANGUAGE sections
1.2 and 6.3).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.occurrences import Occurrence
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.graph import Constant, FromParameter, FromRun, FromStep, Graph
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec

RUN_VALUES = (
    "id name resourceName createdAt scheduledAt root stepName stepId workspace".split()  # noqa: SIM905 - as the language lists them
)


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Every name that a document gives to another one, and every reference in a pipeline."""
    for spec, path, reference in subject.models():
        yield from _document(subject, "Model", reference.partition("@")[0], spec, path)
    for spec, graph, step in subject.steps():
        if step.component is not None:
            for port, kind in step.component.refs.items():
                binding = step.inputs.get(port)
                if isinstance(binding, Constant) and isinstance(binding.value, str):
                    path = under_with(step.name, port)
                    yield from _document(subject, kind, binding.value, spec, path)
        for index, name in enumerate(step.spec.after):
            if name not in graph.steps:
                at = spec.at("spec", "steps", step.name, "after", index)
                yield _unknown("step", name, at, did_you_mean(name, graph.steps))
        for occurrence in subject.occurrences(graph, step):
            yield from _reference(spec, graph, occurrence)


def _document(
    subject: Subject, kind: str, name: str, spec: Spec, path: Path
) -> Iterator[Diagnostic]:
    if subject.project.find(kind, name) is None:
        known = [ref.name for ref in subject.project.specs if ref.kind == kind]
        hint = did_you_mean(name, known, f"add a {kind} document of that name")
        yield _unknown(kind, name, spec.at(*path), hint)


def _unknown(what: str, name: str, at: Span, hint: str, *related: tuple[str, Span]) -> Diagnostic:
    message = f"there is no {what} `{name}`"
    return Diagnostic("unknown-reference", message, at, hint=hint, related=related)


def _reference(spec: Spec, graph: Graph, occurrence: Occurrence) -> Iterator[Diagnostic]:
    match occurrence.source:
        case FromParameter(name):
            known = spec.body.parameters if isinstance(spec.body, PipelineSpec) else {}
            if name not in known:
                hint = did_you_mean(name, known, "declare it under spec.parameters")
                yield _unknown("parameter", name, occurrence.at(spec), hint)
        case FromRun(name):
            if name not in RUN_VALUES:
                hint = did_you_mean(name, RUN_VALUES)
                yield _unknown("value of the run", name, occurrence.at(spec), hint)
        case FromStep(name, output):
            producer = graph.steps.get(name)
            component = producer.component if producer is not None else None
            if producer is None:
                hint = did_you_mean(name, graph.steps)
                yield _unknown("step", name, occurrence.at(spec), hint)
            elif component is not None and output not in component.outputs:
                what = f"output of step `{name}` ({component.name}) named"
                hint = did_you_mean(output, component.outputs, "it has no outputs")
                place = ("the step", spec.key_at("spec", "steps", name))
                yield _unknown(what, output, occurrence.at(spec), hint, place)
