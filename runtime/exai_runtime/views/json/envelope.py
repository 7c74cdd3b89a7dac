"""Results in their envelope: version, command, exit code, diagnostics, and the result or null."""

from __future__ import annotations

from exai_runtime.data_results import Preview
from exai_runtime.explain_results import Explained, Explanations
from exai_runtime.feature_results import FeatureList, FeatureValues, Materializing, Pushed
from exai_runtime.lineage_results import Drawn, Traced
from exai_runtime.lock_results import Locked
from exai_runtime.results import (
    Applied,
    Checkup,
    Created,
    Planning,
    Prediction,
    Refused,
    RenderedFiles,
    Result,
    StatusReport,
)
from exai_runtime.revision_results import Against
from exai_runtime.run_results import Asked, History, Log, RunList, RunsCompared, RunShown
from exai_runtime.validated import Validated
from exai_runtime.views.json import (
    against,
    explained,
    features,
    lineage,
    machine,
    preview,
    runs,
    values,
)
from exai_runtime.views.json.values import Plain
from exai_specs.diagnostics import has_errors
from exai_specs.frozen import thaw

VERSION = "exai.dev/output/v1"


def envelope(command: str, result: Result, exit_code: int) -> Plain:
    """The whole answer of a command."""
    return {
        "version": VERSION,
        "command": command,
        "exitCode": exit_code,
        "diagnostics": values.diagnostics(result.diagnostics),
        "result": _result(result),
    }


def _result(result: Result) -> Plain | None:  # noqa: PLR0912 - one a result
    match result:
        case Refused():
            return None
        case Explained() | Explanations():
            return explained.explained(result)
        case Created():
            return _created(result)
        case Validated():
            return {
                "project": result.project,
                "documents": dict(sorted(result.counts.items())),
            }
        case Planning():
            return None if result.plan is None else values.plan(result.plan)
        case Against():
            return against.result(result)
        case Applied():
            return None if result.plan is None else _applied(result)
        case StatusReport():
            return _status(result)
        case Prediction():
            return _prediction(result)
        case FeatureValues() | Pushed() | Materializing() | FeatureList():
            return features.result(result)
        case Asked() | RunList() | RunShown() | RunsCompared() | Log() | History():
            return runs.result(result)
        case RenderedFiles():
            return machine.rendered(result)
        case Locked():
            return machine.locked(result)
        case Checkup():
            return machine.checkup(result)
        case Preview():
            return preview.result(result)
        case Traced():
            return lineage.traced(result)
        case Drawn():
            return lineage.drawn(result)


def _created(result: Created) -> Plain | None:
    if result.exit_code:
        return None
    return {
        "directory": str(result.directory),
        "template": result.template,
        "name": result.name,
        "files": list(result.files),
    }


def _applied(result: Applied) -> Plain:
    return {
        "environment": result.environment,
        "approved": result.approved,
        "plan": None if result.plan is None else values.plan(result.plan),
        "outcomes": [values.outcome(item) for item in result.outcomes],
        "verdicts": [values.verdict(item) for item in result.verdicts],
        "health": [values.health(item) for item in result.health],
        "seconds": round(result.elapsed, 3),
    }


def _status(result: StatusReport) -> Plain | None:
    if has_errors(result.diagnostics) and not result.health:
        return None
    serving = {item.id: item for item in result.serving}
    objects = []
    for item in result.health:
        served = serving.get(item.id)
        model = None
        if served is not None:
            model = {
                "model": served.model,
                "version": served.version,
                "since": served.since or None,
            }
        told = {"drift": item.drift or None, "serving": model}
        objects.append(values.health(item) | told)
    models = [
        {
            "model": str(item.model),
            "aliases": dict(sorted(item.aliases.items())),
            "versions": list(item.versions),
            "verdict": None if item.verdict is None else values.verdict(item.verdict),
            "note": item.note or None,
        }
        for item in result.models
    ]
    waiting, parity = result.waiting, result.parity
    return {
        "environment": result.environment,
        "objects": objects,
        "models": models,
        "waiting": None if waiting is None else [values.unknown(item) for item in waiting],
        "parity": None if parity is None else values.diagnostics(parity),
        "features": [features.freshness(row) for row in result.features],
    }


def _prediction(result: Prediction) -> Plain | None:
    if result.exit_code:
        return None
    return {
        "service": result.service,
        "url": result.url,
        "protocol": result.protocol,
        "seconds": round(result.seconds, 6),
        "predictions": [thaw(answer) for answer in result.answers],
    }
