"""Runs side by side. In: records. Out: rows of what they had and what came of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from exai_compiler.judge import DIRECTIONS
from exai_runtime.run_results import Compared, RunRecord, RunsCompared
from exai_runtime.validated import Sources
from exai_specs.frozen import Json


def compared(environment: str, runs: tuple[RunRecord, ...], sources: Sources) -> RunsCompared:
    """Rows in the order of their names; a run that lacks one has None there."""
    return RunsCompared(
        environment=environment,
        runs=runs,
        parameters=_rows(runs, lambda run: run.parameters),
        data=_rows(runs, lambda run: run.data),
        code=tuple(_code(runs)),
        metrics=tuple(_metrics(runs)),
        seconds=_rows(runs, lambda run: run.seconds, in_order=True),
        sources=sources,
    )


def _rows(
    runs: tuple[RunRecord, ...],
    of: Callable[[RunRecord], Mapping[str, Json]],
    in_order: bool = False,
) -> tuple[Compared, ...]:
    names: Iterable[str] = dict.fromkeys(name for run in runs for name in of(run))
    if not in_order:
        names = sorted(names)
    return tuple(Compared(name, tuple(of(run).get(name) for run in runs)) for name in names)


def _code(runs: tuple[RunRecord, ...]) -> Iterator[Compared]:
    yield Compared("pipeline", tuple(run.pipeline for run in runs))
    yield Compared("version", tuple(run.version or None for run in runs))
    yield Compared("commit", tuple(run.commit or None for run in runs))
    yield Compared("generation", tuple(run.generation for run in runs))


def _metrics(runs: tuple[RunRecord, ...]) -> Iterator[Compared]:
    found = [run.metrics() for run in runs]
    for name in sorted({name for metrics in found for name in metrics}):
        values = tuple(metrics.get(name) for metrics in found)
        better = DIRECTIONS.get(name.rpartition(".")[2])
        known = [value for value in values if value is not None]
        best: tuple[int, ...] = ()
        if better is not None and len(known) > 1 and len(set(known)) > 1:
            top = max(known) if better == "higher" else min(known)
            best = tuple(place for place, value in enumerate(values) if value == top)
        first = values[0]
        deltas = tuple(
            None if value is None or first is None else value - first for value in values
        )
        yield Compared(name, values, better, best, deltas)
