"""`unknown-reference`: a name that no document, step, output or parameter has (LANGUAGE sections
1.2 and 6.3).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.mentions import Mention
from exai_compiler.checks.occurrences import Occurrence
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.graph import (
    FromArtifact,
    FromItem,
    FromParameter,
    FromRun,
    FromStatus,
    FromStep,
    Graph,
    Source,
    Step,
    outputs_of,
    source_type,
)
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.parse import Spec
from exai_specs.types import StructOf

RUN_VALUES = (
    "id name resourceName createdAt scheduledAt root stepName stepId workspace".split()  # noqa: SIM905 - as the language lists them
)


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Every name that a document gives to another one, and every reference in a pipeline."""
    yield from _documents(subject)
    for referring in subject.by_source.values():
        for spec, graph, occurrence in referring:
            if not _is_there(graph, occurrence.source):
                yield from unknown(spec, graph, occurrence)
    for graph in subject.graphs.values():
        spec = subject.project.specs[graph.pipeline]
        for node in graph.nodes.values():
            for index, name in enumerate(node.spec.after):
                if name not in graph.nodes:
                    at = spec.at(*node.path, "after", index)
                    yield _unknown("step", name, at, did_you_mean(name, graph.nodes))
        for mention in subject.mentions[graph.pipeline.name]:
            yield from unknown(spec, graph, mention)


def _is_there(graph: Graph, source: Source) -> bool:
    """Whether a reference is right at first sight, as nearly all are."""
    if type(source) is FromStep:
        node = graph.nodes.get(source.step)
        component = node.component if isinstance(node, Step) else None
        return component is not None and source.output in component.outputs
    return type(source) is FromParameter and source.name in graph.parameters


def _documents(subject: Subject) -> Iterator[Diagnostic]:
    for spec, path, reference in subject.models():
        yield from _document(subject, "Model", reference.partition("@")[0], spec, path)
    for kind, references in subject.by_ref.items():
        for spec, step, port, name in references:
            if subject.project.find(kind, name) is None:  # as few are
                yield from _document(subject, kind, name, spec, under_with(step.path, port))
    for spec, _, step in subject.by_body.get("pipeline", ()):
        if step.spec.pipeline is not None:
            path = (*step.path, "pipeline")
            yield from _document(subject, "Pipeline", step.spec.pipeline, spec, path)


def _document(
    subject: Subject, kind: str, name: str, spec: Spec, path: Path
) -> Iterator[Diagnostic]:
    if subject.project.find(kind, name) is None:
        known = subject.project.names(kind)
        hint = did_you_mean(name, known, f"add a {kind} document of that name")
        yield _unknown(kind, name, spec.at(*path), hint)


def _unknown(what: str, name: str, at: Span, hint: str, *related: tuple[str, Span]) -> Diagnostic:
    message = f"there is no {what} `{name}`"
    return Diagnostic("unknown-reference", message, at, hint=hint, related=related)


def unknown(spec: Spec, graph: Graph, where: Occurrence | Mention) -> Iterator[Diagnostic]:
    """What a reference names and nothing has, wherever it stands."""
    match where.source:
        case FromParameter(name):
            if name not in graph.parameters:
                hint = did_you_mean(name, graph.parameters, "declare it under spec.parameters")
                yield _unknown("parameter", name, where.at(spec), hint)
        case FromArtifact(name):
            if name not in graph.artifacts:
                hint = did_you_mean(name, graph.artifacts, "declare it under spec.artifacts")
                yield _unknown("artifact", name, where.at(spec), hint)
        case FromRun(name):
            if name not in RUN_VALUES:
                hint = did_you_mean(name, RUN_VALUES)
                yield _unknown("value of the run", name, where.at(spec), hint)
        case FromStep(name, output):
            yield from _output(spec, graph, where, name, output)
        case FromItem(loop, name, field):
            item = source_type(graph, FromItem(loop, name))
            if field and isinstance(item, StructOf) and field not in item.fields:
                what, hint = f"field of `{name}` named", did_you_mean(field, item.fields)
                yield _unknown(what, field, where.at(spec), hint)
        case FromStatus():
            pass


def _output(
    spec: Spec, graph: Graph, where: Occurrence | Mention, name: str, output: str
) -> Iterator[Diagnostic]:
    node = graph.nodes.get(name)
    if node is None:
        hint = _inside(graph, name) or did_you_mean(name, graph.nodes)
        yield _unknown("step", name, where.at(spec), hint)
        return
    outputs = outputs_of(node)
    inner = graph.inside(node) if isinstance(node, Step) else None
    if outputs is None or output in outputs or (inner and output in inner.root.outputs):
        return  # one that nobody can tell the type of is told where it is declared
    if isinstance(node, Step) and node.component is not None:
        what = f"output of step `{name}` ({node.component.name}) named"
        none = "it has no outputs" if inner is None else f"add `outputs` to {inner.pipeline}"
        hint = did_you_mean(output, outputs, "" if outputs else none)
    else:
        what = f"output of `{name}` named"
        hint = did_you_mean(output, outputs, "" if outputs else f"add `outputs` to `{name}`")
    yield _unknown(what, output, where.at(spec), hint, ("the step", spec.key_at(*node.path)))


def _inside(graph: Graph, name: str) -> str:
    """What to do for a step of a pipeline that is called, which nobody sees from outside."""
    for step, inner in graph.calls:
        if name in inner.nodes:
            return (
                f"`{name}` is a step of {inner.pipeline}: add it to the `outputs` there, and read "
                f"steps.{step.name}.NAME"
            )
    return ""
