"""A run in words: its key, state, age, code. Shared by lists, comparisons and histories."""

from __future__ import annotations

from datetime import UTC, datetime

from exai_runtime.run_results import RunRecord
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.words import duration
from exai_specs.frozen import Json

SHORT = 12


def short(key: str) -> str:
    """Enough of a key to name it."""
    return key[:SHORT]


def hash_cut(value: Json) -> str:
    """Hashes cut to length; names and answers of queries as they are."""
    text = str(value)
    return text[:SHORT] if len(text) >= 40 and text.isalnum() else text


def ago(at: float, now: datetime) -> str:
    """`3 min 20 s ago`; empty when nobody knows."""
    if not at:
        return ""
    then = datetime.fromtimestamp(at, UTC)
    return f"{duration(max(0.0, (now - then).total_seconds()))} ago"


def took(run: RunRecord) -> str:
    return "" if run.elapsed is None else duration(run.elapsed)


def state_word(run: RunRecord, paint: Paint) -> str:
    """The state in the colour of how bad it is."""
    match run.state:
        case "succeeded":
            return paint.green(run.state)
        case "failed":
            return paint.red(run.state)
        case "running" | "stopped":
            return paint.yellow(run.state)


def models(run: RunRecord, paint: Paint) -> str:
    """`iris_model v3 passed (champion)`."""
    said = []
    for one in run.models:
        verdict = ""
        if one.verdict is not None:
            verdict = " " + (paint.green("passed") if one.verdict.passed else paint.red("missed"))
        aliases = f" ({', '.join(one.aliases)})" if one.aliases else ""
        said.append(f"{one.model} v{one.version}{verdict}{aliases}")
    return ", ".join(said)


def commit(text: str, branch: str) -> str:
    """`main 0a1b2c3d4e5f`."""
    return f"{branch} {text[:SHORT]}".strip() if text else ""


def code(run: RunRecord) -> str:
    """The PipelineVersion, whose name is over its content, and where HEAD was."""
    where = commit(run.commit, run.branch)
    return ", ".join(filter(None, (run.version, f"commit {where}" if where else "")))
