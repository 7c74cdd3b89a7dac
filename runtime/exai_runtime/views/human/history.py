"""A model's history as text: its versions, their verdicts, the moves of its aliases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from exai_runtime.run_results import Applying, History, VersionRecord
from exai_runtime.views.human.applied import gates
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.run_words import ago, commit, hash_cut, short
from exai_runtime.views.human.table import table
from exai_runtime.views.human.words import number_text


def story(found: History, now: datetime, paint: Paint) -> Iterator[str]:
    """Versions, the gates that were missed, alias moves; the newest first."""
    if not found.versions and not found.moves:
        yield f"Model/{found.model} has no version in {found.environment} yet."
        return
    yield from _versions(found, now, paint)
    for version in found.versions:
        if version.verdict is not None and not version.verdict.passed:
            yield ""
            yield f"Version {version.number} missed its gates:"
            yield from gates(version.verdict.results, paint)
    again = [version for version in found.versions if len(version.judged) > 1]
    for version in again:
        yield ""
        yield f"Version {version.number} was judged {len(version.judged)} times:"
        yield from table(
            ("WHEN", "VERDICT", "APPLY", "COMMIT"),
            [
                (
                    ago(one.at, now),
                    _word(None if one.verdict is None else one.verdict.passed, paint),
                    str(one.apply.number),
                    _commit(one.apply),
                )
                for one in version.judged
            ],
            paint,
            indent="  ",
        )
    yield ""
    yield paint.bold("Alias moves") + ("" if found.moves else ": none")
    yield from table(
        ("WHEN", "ALIAS", "FROM", "TO", "APPLY", "COMMIT"),
        [
            (
                ago(move.at, now),
                move.alias,
                "-" if move.was is None else f"v{move.was}",
                f"v{move.to}",
                str(move.apply.number),
                _commit(move.apply),
            )
            for move in found.moves
        ],
        paint,
        indent="  ",
    )


def _versions(found: History, now: datetime, paint: Paint) -> Iterator[str]:
    rows = [_version(version, now, paint) for version in found.versions]
    heads = ("VERSION", "ALIASES", "VERDICT", "JUDGED", "RUN", "COMMIT", "DATA", "METRICS")
    yield from table(heads, rows, paint)


def _version(version: VersionRecord, now: datetime, paint: Paint) -> tuple[str, ...]:
    run = version.run
    verdict = None if version.verdict is None else version.verdict.passed
    return (
        f"v{version.number}",
        ", ".join(version.aliases),
        _word(verdict, paint),
        ago(version.judged[-1].at, now) if version.judged else "",
        short(version.run_key) + (" by hand" if run is not None and run.by_hand else ""),
        "" if run is None else commit(run.commit, run.branch),
        "" if run is None else ", ".join(f"{n} {hash_cut(v)}" for n, v in run.data.items()),
        ", ".join(f"{n} {number_text(v)}" for n, v in sorted(version.metrics.items())),
    )


def _word(passed: bool | None, paint: Paint) -> str:
    if passed is None:
        return "none"
    return paint.green("passed") if passed else paint.red("missed")


def _commit(apply: Applying) -> str:
    return commit(apply.commit, apply.branch)
