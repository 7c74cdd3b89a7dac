"""What stdout gets of each result, and what stderr gets around it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

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
from exai_runtime.views.human import (
    against,
    applied,
    created,
    explained,
    features,
    lineage,
    locked,
    machine,
    plan,
    prediction,
    preview,
    runs,
    status,
    validated,
)
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.words import duration


def before(result: Result, paint: Paint) -> Iterable[str]:
    """What stderr gets before the result."""
    return machine.left_out(result.left_out, paint) if isinstance(result, RenderedFiles) else ()


def after(result: Result, paint: Paint) -> Iterable[str]:
    """What stderr gets after it, unless people want quiet."""
    if isinstance(result, RenderedFiles):
        yield from machine.expected(result.expects, paint)
    if isinstance(result, Prediction) and result.answers:
        yield paint.dim(f"{duration(result.seconds)}, {result.protocol}, {result.url}")


def lines(  # noqa: PLR0912 - one a result
    result: Result, command: str, columns: int, paint: Paint
) -> Iterable[str]:
    """What stdout gets."""
    match result:
        case Validated():
            return validated.lines(result, paint)
        case Refused():
            return ()
        case Explained() | Explanations():
            return explained.lines(result, paint)
        case Created():
            return created.lines(result, paint) if result.exit_code == 0 else ()
        case Planning():
            return () if result.plan is None else plan.lines(result.plan, paint)
        case Against():
            return against.lines(result, paint)
        case Applied():
            return applied.lines(result, command, paint)
        case StatusReport():
            return status.lines(result, _now(), paint)
        case Prediction():
            return prediction.lines(result, paint)
        case FeatureValues() | Pushed() | Materializing() | FeatureList():
            return features.lines(result, _now(), paint)
        case Asked() | RunList() | RunShown() | RunsCompared() | Log() | History():
            return runs.lines(result, _now(), paint)
        case RenderedFiles():
            return machine.rendered(result, paint)
        case Locked():
            return locked.lines(result, paint)
        case Checkup():
            return machine.checkup(result, paint)
        case Preview():
            return preview.lines(result, columns, paint)
        case Traced():
            return lineage.lines(result, paint)
        case Drawn():
            return lineage.drawn(result)


def _now() -> datetime:
    return datetime.now(UTC)
