"""`answer-mismatch`: a step of a Sequence that gets the answer before it, and whose model takes
other columns than that (LANGUAGE section 8; cmd/router of KServe).

A model answers with one value a row, its prediction. Only models whose columns are known are
judged: by a signature, or by the step that trains them. What a transformer, a node or a url makes
of a request nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.checks.same_requests import said_by, service_takes
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.component_columns import TRAINS
from exai_compiler.makers import Maker
from exai_compiler.signatures import told
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import GraphSpec, ServiceSpec
from exai_specs.types import Type
from exai_specs.values import frozen

_SHOWN = 4  # columns in a message
# A request says numbers in JSON, which has no widths: a whole one is taken for any other.
_WHOLE = ("int32", "int64")
_NUMBERS = (*_WHOLE, "float32", "float64")


@frozen
class Gives:
    """The column of an answer, its type if that is known, and where this is said."""

    column: str
    type: Type | None
    at: Span


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(GraphSpec):
        for name, node in body.nodes.items():
            if node.router_type != "Sequence":
                continue
            for index, (first, then) in enumerate(zip(node.steps, node.steps[1:], strict=False), 1):
                if then.data != "$response" or first.service is None or then.service is None:
                    continue
                gives = _service_gives(subject, first.service)
                takes = service_takes(subject, then.service)
                if gives is None or takes is None or not takes.columns:
                    continue
                wrong = _wrong(gives, takes.columns, f"`{then.service}`")
                if wrong:
                    yield Diagnostic(
                        "answer-mismatch",
                        f"`{first.service}` answers with {_said(gives)}, and {wrong}",
                        spec.at("spec", "nodes", name, "steps", index, "service"),
                        hint="give it the request, `data: $request`, or a transformer that makes "
                        "one of the answer",
                        related=(("what the one answers", gives.at), ("what it takes", takes.at)),
                    )


def _wrong(gives: Gives, takes: Mapping[str, Type | None], then: str) -> str:
    """What the next model lacks, or can't take."""
    if len(takes) > 1:
        names = [f"`{name}`" for name in list(takes)[:_SHOWN]]
        more = f" and {len(takes) - _SHOWN} more" if len(takes) > _SHOWN else ""
        return f"{then} takes {len(takes)} columns: {', '.join(names)}{more}"
    (column, wanted) = next(iter(takes.items()))
    if gives.type is None or wanted is None or gives.type == wanted:
        return ""
    given = str(gives.type)
    if given in _NUMBERS and str(wanted) in (_NUMBERS if given in _WHOLE else _NUMBERS[2:]):
        return ""
    return f"{then} takes `{column}`, which is {wanted}"


def _said(gives: Gives) -> str:
    return f"`{gives.column}` alone" + (f", {gives.type}" if gives.type is not None else "")


def _service_gives(subject: Subject, name: str) -> Gives | None:
    """What a service answers; None where nobody knows."""
    spec = subject.project.find("Service", name)
    service = subject.project.body(ServiceSpec, name)
    if spec is None or service is None or service.model is None or service.transformer is not None:
        return None
    said = told(subject.project, spec, ("spec", "model"), service.model)
    model = service.model.partition("@")[0] if isinstance(service.model, str) else ""
    makers = subject.makers.get(model, ())
    if said is None and len(makers) == 1:
        trained = _trained(subject, makers[0])
        if trained is not None:
            return trained
    said = said or said_by(subject, model)
    if said is None:
        return None
    column, type_ = next(iter(said.signature.outputs.items()))
    return Gives(column, type_, said.spec.at(*said.path, "outputs"))


def _trained(subject: Subject, maker: Maker) -> Gives | None:
    signature = subject.signature(maker)
    if signature is None or not signature.target:
        return None
    step = maker.graph.steps[signature.step]
    port = TRAINS[step.component.name].target if step.component is not None else ""
    path: Path = under_with(step.path, port)
    column = subject.columns(signature.table).get(signature.target)
    at = subject.project.specs[maker.graph.pipeline].at(*path)
    return Gives(signature.target, column.type if column is not None else None, at)
