"""A comparison with another revision, as text. In: an `Against`. Out: lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from exai_runtime.revision_results import Against
from exai_runtime.views.human import plan
from exai_runtime.views.human.diagnostics import place
from exai_runtime.views.human.differences import list_change, path_text, together
from exai_runtime.views.human.paint import Paint, pad
from exai_runtime.views.human.words import count, value_texts
from exai_specs.diagnostics import Diagnostic
from exai_specs.effects import Effect
from exai_specs.identity import Ref

if TYPE_CHECKING:
    from exai_compiler.revisions import Break, Comparison, DocumentChange, FileChange, SpecField

SYMBOLS: Mapping[str, str] = {
    "added": "+",
    "removed": "-",
    "changed": "~",
    "affected": ">",
    "moved": "~",
}
_IMPACT_COLUMN = 44
OF_ALL = "broken-revision"  # what everything below is to be read by, without other warnings, too
_MOST = 8  # fields of one document; JSON and Markdown have all


def lines(result: Against, paint: Paint) -> Iterator[str]:
    """The documents, who breaks, and the plan of an apply on top of the other revision."""
    found = result.comparison
    if found is None:
        return
    commit = f" ({result.commit[:12]})" if result.commit else ""
    yield paint.bold(f"Compared with {result.revision}{commit}")
    yield ""
    for each in result.diagnostics:
        if each.code == OF_ALL:
            yield f"{paint.yellow(each.severity.capitalize())}: {each.message}"
            yield ""
    yield from _breaks(found.breaks, result, paint)
    yield from _news(result.news, paint)
    if found.documents or found.files:
        yield paint.bold("Documents")
        for document in found.documents:
            yield from _document(document, paint)
        yield from (f"  {SYMBOLS[each.verb]} {file_text(each)}" for each in found.files)
        yield ""
    if found.plan is not None and found.plan.changes:
        yield from plan.lines(found.plan, paint)
    elif found.plan is not None:
        yield from plan.waiting(found.plan.waiting, paint)
        yield summary(found)


def summary(found: Comparison) -> str:
    """Where nothing is to be done."""
    if not found.documents and not found.files:
        return "No changes."
    documents = sum(each.verb != "affected" for each in found.documents)
    numbers = ((documents, "document"), (len(found.files), "file"))
    changed = " and ".join(count(number, what) for number, what in numbers if number)
    with_what = "it" if sum(number for number, _ in numbers) == 1 else "them"
    when = ""
    if found.plan is not None and found.plan.waiting:
        when = " until what waits is there"
    elif found.is_open:
        when = " but what the registry decides"
    return f"Nothing for an apply to do{when}: {changed} changed, and no object with {with_what}."


def file_text(file: FileChange) -> str:
    """`code/fit.py, moved from specs/train.py`."""
    return f"{file.path}, moved from {file.was}" if file.was else file.path


def because(chain: Sequence[Ref], last: Ref) -> str:
    """The chain that explains a change, without the document itself."""
    return " > ".join(str(ref) for ref in chain if ref != last)


def _breaks(breaks: Sequence[Break], result: Against, paint: Paint) -> Iterator[str]:
    if not breaks:
        return
    yield paint.red(paint.bold("Breaking"))
    for one in breaks:
        yield f"  {one.consumer}: {one.why}"
        why = because(one.because, one.ref)
        at = paint.at(one.at)
        if one.is_gone:
            at += f" {'at' if result.commit else 'in'} {result.revision}"
        yield paint.dim(f"    {at}{f'  because of {why}' if why else ''}")
        if one.before:
            yield f"    not before {one.before}"
    yield ""


def _news(news: Sequence[Diagnostic], paint: Paint) -> Iterator[str]:
    """What stderr has among all warnings, with its excerpt."""
    if not news:
        return
    yield paint.yellow(paint.bold("New warnings"))
    yield from (f"  {place(each.at, paint)}{each.message} ({each.code})" for each in news)
    yield ""


def _document(document: DocumentChange, paint: Paint) -> Iterator[str]:
    line = f"  {SYMBOLS[document.verb]} {document.ref}"
    impact = document.impact.name.lower() if document.impact > Effect.METADATA else ""
    if document.impact is Effect.BREAKING:
        impact = paint.red(paint.bold(impact))
    why = because(document.because, document.ref)
    after = paint.dim(f"  because of {why}") if why else ""
    yield (f"{pad(line, _IMPACT_COLUMN)}  {impact}" if impact else line) + after
    if document.note:
        yield paint.dim(f"      {document.note}")
    fields = list(together(document.fields))
    for group in fields[:_MOST]:
        yield f"      {_field(group)}"
    if len(fields) > _MOST:
        yield paint.dim(f"      and {count(len(fields) - _MOST, 'more field')}")


def _field(group: Sequence[SpecField]) -> str:
    if (change := list_change(group)) is not None:
        return f"{path_text(group)}: {change}"
    old, new = value_texts(group[0].old, group[0].new)
    return f"{path_text(group)}: {old} -> {new}"
