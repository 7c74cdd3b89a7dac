"""Runs as text: what a run came to, lists, one whole, several side by side; a model's history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from exai_runtime.run_results import (
    Asked,
    History,
    Log,
    RunList,
    RunRecord,
    RunsCompared,
    RunShown,
    RunsResult,
)
from exai_runtime.views.human.applied import failure, gates, judged
from exai_runtime.views.human.compared import side_by_side
from exai_runtime.views.human.history import story
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.run_words import (
    SHORT,
    ago,
    code,
    hash_cut,
    models,
    short,
    state_word,
    took,
)
from exai_runtime.views.human.table import table
from exai_runtime.views.human.words import count, duration, number_text, value_text
from exai_specs.frozen import Json


def lines(result: RunsResult, now: datetime, paint: Paint) -> Iterator[str]:
    """The whole result. `now` (with a time zone) is what ages count from."""
    match result:
        case Asked():
            yield from _asked(result, paint)
        case RunList():
            yield from _list(result, now, paint)
        case RunShown():
            yield from _shown(result.run, now, paint)
        case RunsCompared():
            yield from side_by_side(result, now, paint)
        case Log():
            yield from result.lines
        case History():
            yield from story(result, now, paint)


def _asked(asked: Asked, paint: Paint) -> Iterator[str]:
    for outcome in asked.outcomes:
        if outcome.result == "failed":
            yield from failure(outcome, paint)
            yield ""
    for verdict in asked.verdicts:
        if verdict.passed:
            yield from judged(verdict, paint)
        else:
            missed = paint.red(paint.bold("missed its gates:"))
            yield f"{missed} {paint.bold(f'Model/{verdict.model} version {verdict.version}')}"
            yield from gates(verdict.results, paint)
    run = asked.run
    if run is None:
        return
    where = "" if asked.environment == "local" else f" -e {asked.environment}"
    yield _headline(asked, run, paint)
    yield from _facts(run, paint)
    if any(not one.aliases for one in run.models):
        yield _aliases(asked, run, where)
    yield ""
    yield paint.dim("  Next:")
    if run.state == "succeeded":
        yield f"  exai runs show{where} {short(run.key)}"
    yield f"  exai runs list{where} {run.pipeline}"


def _headline(asked: Asked, run: RunRecord, paint: Paint) -> str:
    who = f"run {short(run.key)} of Pipeline/{run.pipeline}"
    if asked.already:
        title = paint.green(paint.bold("Nothing to run."))
        return f"{title} An identical {who} has succeeded (--again runs it once more)."
    spent = paint.dim(f"({duration(asked.elapsed)})")
    if run.state == "succeeded":
        return f"{paint.green(paint.bold('Succeeded.'))} {who[0].upper()}{who[1:]}. {spent}"
    return (
        f"{paint.red(paint.bold(f'{run.state.capitalize()}.'))} {who[0].upper()}{who[1:]}. {spent}"
    )


def _aliases(asked: Asked, run: RunRecord, where: str) -> str:
    named = ", ".join(f"{one.model} version {one.version}" for one in run.models)
    if asked.wanted:
        return f"  No alias was moved: `exai apply{where}` moves them to {named} if it passed."
    return (
        f"  No alias was moved, and no apply moves one to {named}: the specs ask for another run."
    )


def _facts(run: RunRecord, paint: Paint) -> Iterator[str]:
    """What one wants to see at once: parameters, models, metrics."""
    rows = []
    if run.parameters:
        rows.append(("parameters", _pairs(run.parameters)))
    if run.models:
        rows.append(("registered", models(run, paint)))
    if metrics := run.metrics():
        said = ", ".join(f"{name} {number_text(value)}" for name, value in metrics.items())
        rows.append(("metrics", said))
    yield from (f"  {paint.dim(name.ljust(10))}  {text}" for name, text in rows)


def _pairs(values: Mapping[str, Json]) -> str:
    return ", ".join(f"{name}={value_text(value)}" for name, value in values.items())


def _list(found: RunList, now: datetime, paint: Paint) -> Iterator[str]:
    if not found.runs:
        where = "" if found.environment == "local" else f" -e {found.environment}"
        yield f"No run yet in {found.environment}. Next: exai run{where} PIPELINE"
        return
    yield from run_table(found.runs, now, paint)
    if found.left_off:
        yield paint.dim(f"... and {count(found.left_off, 'older run')} (-n 0 shows all)")


def run_table(runs: Sequence[RunRecord], now: datetime, paint: Paint) -> Iterator[str]:
    """A row a run."""
    rows = [
        (
            short(run.key),
            run.pipeline,
            state_word(run, paint),
            ago(run.started or run.finished, now),
            took(run),
            models(run, paint),
            run.commit[:SHORT],
            "by hand" if run.by_hand else "",
            f"{run.step}: {run.detail}".lstrip(": ") if run.state == "failed" else "",
        )
        for run in runs
    ]
    heads = ("RUN", "PIPELINE", "STATE", "STARTED", "TOOK", "MODELS", "COMMIT", "ASKED", "FAILED")
    yield from table(heads, rows, paint)


def _shown(run: RunRecord, now: datetime, paint: Paint) -> Iterator[str]:
    yield f"{paint.bold(f'Run {run.key}')}"
    rows = [
        ("pipeline", run.pipeline),
        ("state", state_word(run, paint)),
        ("started", ago(run.started, now)),
        ("took", took(run)),
        ("code", code(run)),
        ("asked", "by hand: the specs don't ask for it" if run.by_hand else "by the specs"),
        ("failed", f"{run.step}: {run.detail}".lstrip(": ") if run.state == "failed" else ""),
        ("why", f"exai explain {run.failure}" if run.failure else ""),
        ("log", run.log),
    ]
    yield from (f"  {paint.dim(name.ljust(8))}  {text}" for name, text in rows if text)
    yield from _section("Parameters", {n: value_text(v) for n, v in run.parameters.items()}, paint)
    yield from _section("Data", {f"Dataset/{n}": hash_cut(v) for n, v in run.data.items()}, paint)
    for one in run.models:
        title = f"Model/{one.model} version {one.version}"
        aliases = f" ({', '.join(one.aliases)})" if one.aliases else ""
        metrics = {name: number_text(value) for name, value in sorted(one.metrics.items())}
        yield from _section(title + aliases, metrics, paint)
        if one.verdict is not None:
            word = paint.green("passed") if one.verdict.passed else paint.red("missed")
            yield f"  {word} its gates"
    yield from _section("Steps", {n: duration(s) for n, s in run.seconds.items()}, paint)


def _section(title: str, pairs: Mapping[str, str], paint: Paint) -> Iterator[str]:
    if not pairs:
        return
    yield ""
    yield paint.bold(title)
    widest = max(map(len, pairs))
    yield from (f"  {name.ljust(widest)}  {text}" for name, text in pairs.items())
