"""A status report as text: services, models, what waits, and what the target ignores."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from exai_runtime.results import ModelStatus, Serving, StatusReport
from exai_runtime.target import Health
from exai_runtime.views.human.applied import gates
from exai_runtime.views.human.diagnostics import place
from exai_runtime.views.human.features import freshness
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.plan import waiting
from exai_runtime.views.human.state import state_text
from exai_runtime.views.human.table import table
from exai_runtime.views.human.words import duration


def lines(report: StatusReport, now: datetime, paint: Paint) -> Iterator[str]:
    """The whole report. `now` (with a time zone) is what ages count from."""
    if report.health:
        yield from _services(report, now, paint)
        yield ""
    if report.features:
        yield from freshness(report.features, now, paint)
        yield ""
    if report.models:
        yield from _models(report, paint)
        yield ""
        for model in report.models:
            if model.verdict is not None and not model.verdict.passed:
                yield f"{model.model} version {model.verdict.version} missed its gates:"
                yield from gates(model.verdict.results, paint)
                yield ""
    yield from waiting(report.waiting or (), paint)
    if report.parity:
        yield paint.bold("Not honoured here") + paint.dim(" (written for other environments)")
        yield from (paint.dim(f"  {place(note.at, paint)}{note.message}") for note in report.parity)
        yield ""
    online = any(row.state != "missing" for row in report.features)
    if not (report.health or report.models or report.diagnostics or online):
        where = "" if report.environment == "local" else f" -e {report.environment}"
        yield f"Nothing is applied to {report.environment} yet. Next: exai apply{where}"


def _services(report: StatusReport, now: datetime, paint: Paint) -> Iterator[str]:
    serving = {item.id: item for item in report.serving}
    rows = [_service(health, serving.get(health.id), now, paint) for health in report.health]
    yield from table(("OBJECT", "STATE", "MODEL", "URL", "SINCE", "DETAIL"), rows, paint)
    for health in report.health:
        if health.state == "failed" and health.log:
            yield paint.dim(f"  log of {health.origin}: {health.log}")


def _service(
    health: Health, serving: Serving | None, now: datetime, paint: Paint
) -> tuple[str, ...]:
    model = since = ""
    if serving is not None:
        model = serving.model + (f" v{serving.version}" if serving.version is not None else "")
        since = _age(serving.since, now)
    return (str(health.origin), state_text(health, paint), model, health.url, since, health.detail)


def _models(report: StatusReport, paint: Paint) -> Iterator[str]:
    rows = [_model(model, paint) for model in report.models]
    yield from table(("MODEL", "VERSIONS", "ALIASES", "VERDICT", "NOTE"), rows, paint)


def _model(model: ModelStatus, paint: Paint) -> tuple[str, ...]:
    aliases = ", ".join(f"{name} -> v{number}" for name, number in sorted(model.aliases.items()))
    versions = ", ".join(f"v{number}" for number in model.versions[-5:])
    verdict = "none"
    if model.verdict is not None:
        word = paint.green("passed") if model.verdict.passed else paint.red("missed")
        verdict = f"v{model.verdict.version} {word}"
    earlier = "..., " if len(model.versions) > 5 else ""
    return (str(model.model), earlier + versions or "none", aliases or "none", verdict, model.note)


def _age(since: str, now: datetime) -> str:
    """How long ago an RFC 3339 time was; the text itself when it is none."""
    try:
        then = datetime.fromisoformat(since)
        return f"{duration(max(0.0, (now - then).total_seconds()))} ago"
    except (ValueError, TypeError):
        return since
