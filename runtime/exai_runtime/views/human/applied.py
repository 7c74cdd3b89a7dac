"""The end of an apply or a destroy as text: what was done, what failed and why, and what next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exai_compiler.changes import Outcome, Run, subject, verb
from exai_compiler.facts import GateResult, Verdict
from exai_runtime.results import Applied, Example
from exai_runtime.views.human.paint import Paint, pad
from exai_runtime.views.human.request import curl, row_options
from exai_runtime.views.human.state import state_text
from exai_runtime.views.human.table import table
from exai_runtime.views.human.words import count, duration, number_text

_COUNTED = ("created", "updated", "replaced", "moved", "deleted", "pending", "failed")


def lines(applied: Applied, command: str, paint: Paint) -> Iterator[str]:
    """Everything below the progress; the diagnostics are printed before, by the view."""
    for outcome in applied.outcomes:
        if outcome.result == "failed":
            yield from failure(outcome, paint)
            yield ""
    for verdict in applied.verdicts:
        yield from judged(verdict, paint)
    if any(not verdict.passed for verdict in applied.verdicts):
        yield ""
    if not applied.approved:
        yield "Nothing was changed."
        return
    if applied.plan is None:
        return
    yield _headline(applied, command, paint)
    if command == "apply":
        yield from _services(applied, paint)
        yield from _next(applied, paint)


def failure(outcome: Outcome, paint: Paint) -> Iterator[str]:
    """What failed, why, what to do, and the last lines of its log."""
    title = f"{verb(outcome.change)} {subject(outcome.change)}"
    first, *more = outcome.detail.splitlines() or ["it gave no reason"]
    code = f"[{outcome.code}]" if outcome.code else ""
    yield f"{paint.red(paint.bold('failed'))}{code} {paint.bold(title)}: {first}"
    yield from (f"  {line}" for line in more)
    if outcome.at is not None:
        yield f"{paint.cyan('  -->')} {paint.at(outcome.at)}"
    for line in outcome.hint.splitlines():
        yield f"{paint.cyan('  = help:')} {line}"
    if outcome.tail:
        yield f"{paint.cyan('  = the end of its log:')}"
        yield from (f"    {paint.dim('|')} {line}" for line in outcome.tail)
    if outcome.log:
        yield f"{paint.cyan('  = log:')} {outcome.log}"


def judged(verdict: Verdict, paint: Paint) -> Iterator[str]:
    """One line for a version that passed; a table of its gates for one that didn't."""
    who = f"Model/{verdict.model} version {verdict.version}"
    if verdict.passed:
        # A metric with several gates was measured once.
        measured = dict.fromkeys(_gate(r) for r in verdict.results if r.value is not None)
        yield f"{paint.green('passed')} {who}" + "".join(f"; {each}" for each in measured)
        return
    missed = paint.red(paint.bold("missed its gates:"))
    yield f"{missed} {paint.bold(who)} is registered, its alias was not moved"
    yield from gates(verdict.results, paint)


def gates(results: Sequence[GateResult], paint: Paint) -> Iterator[str]:
    """Every gate with what was measured and what was asked for."""
    rows = [
        (
            result.metric,
            _rule(result),
            number_text(result.value),
            number_text(result.limit),
            paint.green("passed") if result.passed else paint.red("missed"),
            result.note,
        )
        for result in results
    ]
    headings = ("METRIC", "GATE", "VALUE", "LIMIT", "", " ")
    yield from table(headings, rows, paint, indent="  ", right=("VALUE", "LIMIT"))


def _gate(result: GateResult) -> str:
    return f"{result.metric} {number_text(result.value)}"


def _rule(result: GateResult) -> str:
    if result.rule != "noWorseThan":
        return result.rule
    return "no worse than " + (
        f"version {result.against}" if result.against is not None else "the champion"
    )


def _headline(applied: Applied, command: str, paint: Paint) -> str:
    if not applied.outcomes and applied.exit_code == 0:
        well = all(row.state in ("ready", "running", "outdated") for row in applied.health)
        rest = "is as the specs say" if well else "isn't as the specs say yet, see below"
        said = "No changes."
        if command != "apply":
            said, rest = "Nothing to destroy.", "holds nothing of this project"
        title = paint.green(paint.bold(said))
        return f"{title} {applied.environment} {rest}. {_took(applied, paint)}"
    parts = [
        f"{number} {word}"
        for word in _COUNTED
        if (number := sum(o.result == word for o in applied.outcomes))
    ]
    runs = sum(o.result == "succeeded" and isinstance(o.change, Run) for o in applied.outcomes)
    if runs:
        parts.append(f"{count(runs, 'run')} succeeded")
    what = ", ".join(parts) or "Nothing was done"
    return f"{_title(applied, command, paint)} {what}. {_took(applied, paint)}"


def _title(applied: Applied, command: str, paint: Paint) -> str:
    done = "Applied" if command == "apply" else "Destroyed"
    if applied.exit_code == 0:
        return paint.green(paint.bold(f"{done}."))
    complete = not applied.diagnostics and all(o.result != "failed" for o in applied.outcomes)
    if complete and any(not verdict.passed for verdict in applied.verdicts):
        return paint.red(paint.bold(f"{done}, but a model missed its gates."))
    return paint.red(paint.bold(f"Not all was {done.lower()}."))


def _took(applied: Applied, paint: Paint) -> str:
    return paint.dim(f"({duration(applied.elapsed)})")


def _services(applied: Applied, paint: Paint) -> Iterator[str]:
    rows = [health for health in applied.health if health.url or health.state != "ready"]
    if not rows:
        return
    longest = max(len(str(health.origin)) for health in rows)
    yield ""
    for health in rows:
        origin = pad(str(health.origin), longest)
        yield f"  {origin}  {state_text(health, paint)}  {health.url or health.detail}"
    by_service = {example.service: example for example in applied.examples}
    for health in rows:
        example = by_service.get(health.origin.name)
        if example is not None and health.url and health.state == "ready":
            yield ""
            yield paint.dim(f"  Ask {health.origin}:")
            yield f"  {curl(health.url, example)}"


def _next(applied: Applied, paint: Paint) -> Iterator[str]:
    """What to try next. Quoting as a shell wants it."""
    tries: list[str] = []
    ready = {h.origin.name for h in applied.health if h.state == "ready" and h.url}
    where = "" if applied.environment == "local" else f" -e {applied.environment}"
    example: Example | None = next((e for e in applied.examples if e.service in ready), None)
    if example is not None:
        tries.append(f"exai predict{where} {example.service} {row_options(example.row)}")
    tries.append(f"exai status{where}")
    yield ""
    yield paint.dim("  Next:")
    yield from (f"  {line}" for line in tries)
