"""Runs side by side as text: what differs first; of what is the same, only how much it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from exai_runtime.run_results import Compared, RunsCompared
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.run_words import ago, hash_cut, models, short, state_word, took
from exai_runtime.views.human.table import table
from exai_runtime.views.human.words import count, duration, number_text, value_text
from exai_specs.frozen import Json

Text = Callable[[Compared, int], str]


def side_by_side(found: RunsCompared, now: datetime, paint: Paint) -> Iterator[str]:
    """A column a run; metrics with their difference from the first, the best one marked."""
    heads = ("", *(short(run.key) for run in found.runs))
    rows = [
        ("state", *(state_word(run, paint) for run in found.runs)),
        ("started", *(ago(run.started, now) for run in found.runs)),
        ("took", *(took(run) for run in found.runs)),
        ("model", *(models(run, paint) for run in found.runs)),
    ]
    yield from table(heads, [row for row in rows if any(row[1:])], paint)
    yield from _section("Metrics", found.metrics, _metric(paint), heads, paint)
    yield from _section("Parameters", found.parameters, _value(value_text), heads, paint)
    yield from _section("Data", found.data, _value(hash_cut), heads, paint)
    yield from _section("Code", found.code, _value(hash_cut), heads, paint)
    yield from _section("Steps", found.seconds, _value(_seconds), heads, paint)


def _section(
    title: str, rows: Sequence[Compared], text: Text, heads: Sequence[str], paint: Paint
) -> Iterator[str]:
    if not rows:
        return
    different = [row for row in rows if not row.same]
    same = len(rows) - len(different)
    yield ""
    rest = paint.dim(f" ({same} the same)") if same and different else ""
    if not different:
        said = "the same" if same == 1 else f"all {count(same, 'value')} the same"
        yield f"{paint.bold(title)}: {said}"
        return
    yield f"{paint.bold(title)}{rest}"
    cells = [
        (row.name, *(text(row, place) for place in range(len(row.values)))) for row in different
    ]
    yield from table(heads, cells, paint, indent="  ")


def _value(text: Callable[[Json], str]) -> Text:
    def said(row: Compared, place: int) -> str:
        value = row.values[place]
        return "-" if value is None else text(value)

    return said


def _metric(paint: Paint) -> Text:
    def said(row: Compared, place: int) -> str:
        value, delta = row.values[place], row.deltas[place]
        if not isinstance(value, int | float):
            return "-"
        text = number_text(value)
        if place and delta:
            text += f" ({delta:+.4g})"
        return paint.green(f"{text} best") if place in row.best else text

    return said


def _seconds(value: Json) -> str:
    return duration(value) if isinstance(value, int | float) else "-"
