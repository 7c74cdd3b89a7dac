"""A code for people: what it means, why, an example, and what is said of it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from exai_runtime.explain_results import Explained, Explanations
from exai_runtime.views.human.diagnostics import UNQUOTED, block
from exai_runtime.views.human.paint import Paint, printable
from exai_runtime.views.human.table import table
from exai_specs.diagnostics import Span
from exai_specs.values import replace

_WIDTH = 88
_SHOWN = 3  # diagnostics of an example
_AROUND = 8  # lines of a file before and after a place
_WHOLE = 30  # a file of so many lines is shown whole
_STAGES = {
    "parse": "Reading specs",
    "checks": "Checking specs",
    "commands": "Commands, data and targets",
    "steps": "Steps of runs, data, feature stores and servers",
}


def lines(result: Explained | Explanations, paint: Paint) -> Iterator[str]:
    match result:
        case Explanations():
            yield from _all(result, paint)
        case Explained():
            yield from _one(result, paint)


def _all(result: Explanations, paint: Paint) -> Iterator[str]:
    longest = max(len(each.code) for each in result.codes)
    for stage, title in _STAGES.items():
        yield paint.bold(title)
        rows = [
            (each.code.ljust(longest), each.severity.ljust(len("warning")), each.meaning)
            for each in result.codes
            if each.stage == stage
        ]
        yield from table(("CODE", "", "MEANING"), rows, paint, "  ")
        yield ""
    yield "`exai explain CODE` says why, how to mend it, and shows an example."


def _one(result: Explained, paint: Paint) -> Iterator[str]:
    told, example = result.explanation, result.example
    yield f"{paint.bold(told.code)} ({told.severity}): {told.meaning}"
    yield ""
    yield from textwrap.wrap(told.explanation, _WIDTH, break_on_hyphens=False)
    yield ""
    if example is None:
        return
    yield paint.bold("Example")
    for path, text in example.files.items():
        places = [found.at for found in example.diagnostics if found.at.path == path]
        places += [at for d in example.diagnostics for _, at in d.related if at.path == path]
        if places or len(example.files) == 1:
            yield ""
            yield f"  {paint.cyan(path)}"
            yield from _text(text, places, paint)
    yield ""
    yield f"  $ {example.command}"
    for found in example.diagnostics[:_SHOWN]:
        quiet = {} if found.code in UNQUOTED else example.files
        yield from (f"  {line}" for line in block(found, quiet, replace(paint, prefix="")))
        yield ""
    if (more := len(example.diagnostics) - _SHOWN) > 0:
        yield f"  ... and {more} more of this kind"
        yield ""


def _text(text: str, places: list[Span], paint: Paint) -> Iterator[str]:
    """The lines around the places; all of a short file."""
    every = text.splitlines()
    near = {
        number
        for place in places[:_SHOWN]
        for number in range(place.line - _AROUND, place.line + _AROUND // 2 + 1)
    }
    shown = [n for n in range(1, len(every) + 1) if len(every) <= _WHOLE or n in near]
    before = 0
    for number in shown:
        if number != before + 1:
            yield f"  {paint.dim('...')}"
        yield f"  {paint.cyan(f'{number:>4} |')} {printable(every[number - 1])[:_WIDTH]}".rstrip()
        before = number
    if shown and before < len(every):
        yield f"  {paint.dim('...')}"
