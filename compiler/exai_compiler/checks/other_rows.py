"""`rows-mismatch`: rows that lack what is asked of them: the columns that a model takes and is
judged by, or those that the expectations of a Dataset look at.

Told where the rows come from another table than the model or the Dataset; columns of numbers are
alike, whatever their width.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.tables import Column, Columns
from exai_compiler.checks.texts import under_with
from exai_compiler.checks.unknown_column import named_by
from exai_compiler.columns import NO_TABLE, Flow, Table, text
from exai_compiler.graph import Step
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import DatasetSpec
from exai_specs.parse import Spec
from exai_specs.types import Type

# The inputs of exai's components that hold rows against something: the rows, and that.
JUDGES, EXPECTS = {"evaluate-model": ("data", "model")}, {"validate-dataset": ("data", "dataset")}
_NUMBERS = frozenset({"int32", "int64", "float32", "float64", "decimal"})
_TIMES = frozenset({"date", "timestamp"})


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, graph, step in subject.steps_of((*JUDGES, *EXPECTS)):
        name = step.component.name if step.component is not None else ""
        flow = subject.flows[graph.pipeline.name]
        if (ports := JUDGES.get(name)) is not None:
            yield from _judged(subject, spec, step, flow, *ports)
        elif (ports := EXPECTS.get(name)) is not None:
            yield from _expected(subject, spec, step, flow, *ports)


def _judged(
    subject: Subject, spec: Spec, step: Step, flow: Flow, data: str, model: str
) -> Iterator[Diagnostic]:
    signature = flow.model(step.inputs.get(model))
    table = flow.table(step.inputs.get(data))
    if signature is None or table in (NO_TABLE, signature.table):
        return
    rows, taken = subject.columns(table), subject.columns(signature.table)
    at = spec.at(*under_with(step.path, data))
    for name in dict.fromkeys((*signature.features, signature.target)):
        what = "predicts" if name == signature.target else "takes"
        words = f"which the model of step `{signature.step}` {what}"
        if name:
            yield from _column(subject, table, rows, name, taken.get(name), words, at)


def _expected(
    subject: Subject, spec: Spec, step: Step, flow: Flow, data: str, dataset: str
) -> Iterator[Diagnostic]:
    found = subject.dataset(text(step.inputs.get(dataset)))
    table = flow.table(step.inputs.get(data))
    if found is None or table == NO_TABLE or table.dataset == found[0].ref.name:
        return
    declared, body = found
    rows, of_body = subject.columns(table), subject.columns(Table(declared.ref.name))
    at = spec.at(*under_with(step.path, data))
    for name in dict.fromkeys(_looked_at(body)):
        words = f"which is expected of Dataset `{declared.ref.name}`"
        yield from _column(subject, table, rows, name, of_body.get(name), words, at)


def _looked_at(body: DatasetSpec) -> Iterator[str]:
    """As validate-dataset has it: what is written, and what the schema implies."""
    yield from body.key
    yield from (column for path, column in named_by(body) if path[1] == "quality")
    yield from (name for name, c in body.schema.items() if c.enum or not c.nullable)


def _column(
    subject: Subject,
    table: Table,
    rows: Columns,
    name: str,
    wanted: Column | None,
    words: str,
    at: Span,
) -> Iterator[Diagnostic]:
    if not rows.known or wanted is None:
        return
    whose = f"Dataset `{table.dataset}`" if table.dataset else "that step's output"
    here = rows.get(name)
    related = [("what is asked for", wanted.at)]
    if here is None:
        if (place := _declared(subject, table)) is not None:
            related.append(("the rows' columns", place))
        hint = did_you_mean(name, rows.names, "give it rows that have it")
        message = f"{whose} has no column `{name}`, {words}"
    elif _like(here.type) == _like(wanted.type):
        return
    else:
        related.append(("the rows' column", here.at))
        hint = "give it rows that have the same columns"
        message = f"`{name}`, {words}, is {wanted.type}, and {here.type} in these rows"
    yield Diagnostic("rows-mismatch", message, at, hint=hint, related=tuple(related))


def _declared(subject: Subject, table: Table) -> Span | None:
    found = subject.dataset(table.dataset)
    return found[0].key_at("spec", "schema") if found is not None else None


def _like(type_: Type) -> str:
    words = str(type_)
    if words in _NUMBERS:
        return "number"
    return "time" if words in _TIMES else words
