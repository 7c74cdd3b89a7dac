"""Runs, histories and logs as plain JSON. Times are RFC 3339 in UTC; what isn't known is null."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from exai_runtime.run_results import (
    Applying,
    Asked,
    Compared,
    History,
    Judged,
    Log,
    Moved,
    Registered,
    RunList,
    RunRecord,
    RunsCompared,
    RunShown,
    RunsResult,
    VersionRecord,
)
from exai_runtime.views.json import values
from exai_runtime.views.json.values import Plain
from exai_specs.frozen import thaw


def result(found: RunsResult) -> Plain | None:
    """The `result` of its envelope."""
    match found:
        case Asked():
            return _asked(found)
        case RunList():
            runs = [run(one) for one in found.runs]
            return {"environment": found.environment, "runs": runs, "leftOff": found.left_off}
        case RunShown():
            return {"environment": found.environment, "run": run(found.run)}
        case RunsCompared():
            return {
                "environment": found.environment,
                "runs": [run(one) for one in found.runs],
                "parameters": _rows(found.parameters),
                "data": _rows(found.data),
                "code": _rows(found.code),
                "metrics": [_metric(row) for row in found.metrics],
                "seconds": _rows(found.seconds),
            }
        case Log():
            return {
                "subject": found.subject,
                "run": found.run or None,
                "path": found.path,
                "lines": list(found.lines),
            }
        case History():
            return {
                "environment": found.environment,
                "model": found.model,
                "versions": [_version(one) for one in found.versions],
                "moves": [_move(one) for one in found.moves],
            }


def run(found: RunRecord) -> Plain:
    """One run, whole."""
    return {
        "key": found.key,
        "pipeline": found.pipeline,
        "state": found.state,
        "started": moment(found.started),
        "finished": moment(found.finished),
        "seconds": None if found.elapsed is None else round(found.elapsed, 3),
        "failed": {
            "step": found.step or None,
            "detail": found.detail,
            "code": found.failure or None,
        }
        if found.state == "failed"
        else None,
        "parameters": thaw(found.parameters),
        "data": dict(found.data),
        "models": [_registered(one) for one in found.models],
        "code": {
            "version": found.version or None,
            "commit": found.commit or None,
            "branch": found.branch or None,
        },
        "generation": found.generation,
        "byHand": found.by_hand,
        "steps": {name: round(took, 3) for name, took in found.seconds.items()},
        "log": found.log or None,
    }


def moment(at: float) -> str | None:
    """RFC 3339 in UTC; None for what isn't known."""
    return datetime.fromtimestamp(at, UTC).isoformat("T", "seconds") if at else None


def _asked(found: Asked) -> Plain | None:
    if found.run is None:
        return None
    return {
        "environment": found.environment,
        "run": run(found.run),
        "already": found.already,
        "askedBySpecs": found.wanted,
        "outcomes": [values.outcome(item) for item in found.outcomes],
        "verdicts": [values.verdict(item) for item in found.verdicts],
        "seconds": round(found.elapsed, 3),
    }


def _registered(found: Registered) -> Plain:
    return {
        "model": found.model,
        "version": found.version,
        "metrics": dict(sorted(found.metrics.items())),
        "passed": None if found.verdict is None else found.verdict.passed,
        "aliases": list(found.aliases),
    }


def _rows(rows: Sequence[Compared]) -> list[Plain]:
    return [
        {"name": row.name, "same": row.same, "values": [thaw(value) for value in row.values]}
        for row in rows
    ]


def _metric(row: Compared) -> Plain:
    return {
        "name": row.name,
        "same": row.same,
        "values": [thaw(value) for value in row.values],
        "deltas": list(row.deltas),
        "better": row.better,
        "best": list(row.best),
    }


def _version(found: VersionRecord) -> Plain:
    return {
        "version": found.number,
        "aliases": list(found.aliases),
        "runKey": found.run_key or None,
        "run": None if found.run is None else run(found.run),
        "metrics": dict(sorted(found.metrics.items())),
        "verdict": None if found.verdict is None else values.verdict(found.verdict),
        "judged": [_judged(one) for one in found.judged],
        "uri": found.uri,
    }


def _judged(found: Judged) -> Plain:
    verdict = None if found.verdict is None else values.verdict(found.verdict)
    return {"at": moment(found.at), "verdict": verdict, "apply": _apply(found.apply)}


def _move(found: Moved) -> Plain:
    return {
        "at": moment(found.at),
        "alias": found.alias,
        "from": found.was,
        "to": found.to,
        "apply": _apply(found.apply),
    }


def _apply(found: Applying) -> Plain:
    return {
        "number": found.number,
        "at": moment(found.at),
        "commit": found.commit or None,
        "branch": found.branch or None,
    }
