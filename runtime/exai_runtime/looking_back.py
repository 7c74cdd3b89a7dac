"""The commands `runs`, `history` and `logs`: what was run, what came of it, what it wrote.

In: a project's folder and names as people type them. Out: values. Reads the state folder and the
registry (from the cache while nothing has changed), takes no lock and changes nothing. Specs with
errors don't matter here: only the Project document is needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from exai_compiler.facts import ModelFacts
from exai_runtime.compiling import environment_of
from exai_runtime.local import journal
from exai_runtime.local.facts import FactReader
from exai_runtime.local.follow import follow_lines
from exai_runtime.local.log_tail import tail
from exai_runtime.local.paths import Paths
from exai_runtime.local.run_records import records
from exai_runtime.local.run_requests import held
from exai_runtime.local.searches.executor import held as search_held
from exai_runtime.local.searches.executor import newest
from exai_runtime.local.server_process import find
from exai_runtime.results import Refused
from exai_runtime.run_results import (
    History,
    Judged,
    Log,
    Moved,
    RunList,
    RunRecord,
    RunsCompared,
    RunShown,
    VersionRecord,
)
from exai_runtime.runs_compared import compared
from exai_runtime.validated import Sources
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.identity import Ref
from exai_specs.nearest import did_you_mean
from exai_specs.values import frozen

NOWHERE = Span("")
INTERRUPTED = 130
Say = Callable[[str], None]


@frozen
class _Place:
    """An environment that is there to be looked at; `names` are the documents of the specs."""

    paths: Paths
    reader: FactReader
    sources: Sources
    names: frozenset[Ref]

    def runs(self, pipeline: str = "") -> tuple[RunRecord, ...]:
        return records(self.paths, self.reader.models(), pipeline)


def list_runs(root: Path, environment: str, pipeline: str | None, most: int) -> RunList | Refused:
    """The newest `most` runs of one pipeline, or of all."""
    place = _open(root, environment)
    if isinstance(place, Refused):
        return place
    found = place.runs(pipeline or "")
    if pipeline and not found:
        known = _pipelines(place)
        if pipeline not in known:
            return _unknown("Pipeline", pipeline, known)
    left_off = max(0, len(found) - most)
    return RunList(environment, found[:most], left_off, sources=place.sources)


def show_run(root: Path, environment: str, key: str) -> RunShown | Refused:
    """One run, by the beginning of its key."""
    place = _open(root, environment)
    if isinstance(place, Refused):
        return place
    found = _run(place.runs(), key)
    if isinstance(found, Refused):
        return found
    return RunShown(environment, found, sources=place.sources)


def compare_runs(root: Path, environment: str, keys: Sequence[str]) -> RunsCompared | Refused:
    """Runs side by side, in the order in which they are named."""
    place = _open(root, environment)
    if isinstance(place, Refused):
        return place
    everything = place.runs()
    chosen: list[RunRecord] = []
    for key in keys:
        found = _run(everything, key)
        if isinstance(found, Refused):
            return found
        if found not in chosen:
            chosen.append(found)
    if len(chosen) < 2:
        return _refused("one-run", "these are one and the same run", "name two: `exai runs list`")
    return compared(environment, tuple(chosen), place.sources)


def history(root: Path, environment: str, model: str) -> History | Refused:
    """A model's versions with their verdicts, and the moves of its aliases, newest first."""
    place = _open(root, environment)
    if isinstance(place, Refused):
        return place
    models = place.reader.models()
    known = models.get(model, ModelFacts())
    events = journal.events(place.paths.control, model)
    declared = {ref.name for ref in place.names if ref.kind == "Model"}
    if not known.versions and not events and model not in declared:
        return _unknown("Model", model, {*declared, *models})
    by_key = {one.key: one for one in place.runs()}
    judged = [event for event in events if isinstance(event, Judged)]
    versions = tuple(
        VersionRecord(
            number=version.number,
            run_key=version.run_key,
            run=by_key.get(version.run_key),
            metrics=version.metrics,
            verdict=version.verdict,
            judged=tuple(event for event in judged if event.version == version.number),
            aliases=tuple(a for a, at in sorted(known.aliases.items()) if at == version.number),
            uri=version.uri,
        )
        for version in reversed(known.versions)
    )
    moves = tuple(event for event in reversed(events) if isinstance(event, Moved))
    return History(environment, model, versions, moves, sources=place.sources)


def logs(
    root: Path,
    environment: str,
    subject: str,
    run: str | None,
    most: int,
    say: Say | None = None,
) -> Log | Refused:
    """The last `most` lines that a run or a server wrote. With `say` they are told as they come,
    until the run ends, the server's process is gone, or somebody presses Ctrl-C."""
    place = _open(root, environment)
    if isinstance(place, Refused):
        return place
    kind, slash, name = subject.partition("/")
    kinds = {"pipeline": "Pipeline", "service": "Service", "tuning": "Tuning"}
    kind = kinds.get(kind.lower(), "")
    if not slash or not kind:
        return _refused(
            "no-log",
            f"`{subject}` has no log: runs, searches and servers have",
            "write Pipeline/NAME, Service/NAME or Tuning/NAME",
        )
    if kind == "Service":
        return _service_log(place, name, run, most, say)
    if kind == "Tuning":
        return _search_log(place, name, run, most, say)
    return _run_log(place, name, run, most, say)


def _run_log(
    place: _Place, name: str, run: str | None, most: int, say: Say | None
) -> Log | Refused:
    known = _pipelines(place)
    if name not in known:
        return _unknown("Pipeline", name, known)
    mine = place.runs(name)
    if not mine:
        hint = f"`exai apply` or `exai run {name}` starts one"
        return _refused("no-log", f"Pipeline/{name} hasn't been run here", hint)
    found = mine[0] if run is None else _run(mine, run)
    if isinstance(found, Refused):
        return found
    files = place.paths.run(found.key)
    return _log(f"Pipeline/{name}", files.log, found.key, most, say, lambda: held(files))


def _service_log(
    place: _Place, name: str, run: str | None, most: int, say: Say | None
) -> Log | Refused:
    if run is not None:
        return _refused("no-log", "a service has no runs", "leave --run out")
    path = place.paths.service_log(name)
    if not path.exists():
        declared = {ref.name for ref in place.names if ref.kind == "Service"}
        if name not in declared:
            return _unknown("Service", name, declared)
        hint = "`exai status` says what it waits for"
        return _refused("no-log", f"Service/{name} hasn't been started here", hint)
    return _log(f"Service/{name}", path, "", most, say, lambda: bool(find(place.paths, name)))


def _search_log(
    place: _Place, name: str, run: str | None, most: int, say: Say | None
) -> Log | Refused:
    if run is not None:
        return _refused("no-log", "a search has no runs", "leave --run out")
    found = newest(place.paths, name)
    if found is None:
        declared = {ref.name for ref in place.names if ref.kind == "Tuning"}
        if name not in declared:
            return _unknown("Tuning", name, declared)
        return _refused("no-log", f"Tuning/{name} hasn't searched here", "`exai apply` starts it")
    return _log(f"Tuning/{name}", found.log, "", most, say, lambda: search_held(found))


def _log(
    subject: str, path: Path, key: str, most: int, say: Say | None, goes_on: Callable[[], bool]
) -> Log:
    if say is None:
        return Log(subject, str(path), tail(path, most) if most else (), key)
    try:
        for line in follow_lines(path, most, goes_on, time.sleep):
            say(line)
    except KeyboardInterrupt:
        return Log(subject, str(path), (), key, streamed=True, exit_code=INTERRUPTED)
    return Log(subject, str(path), (), key, streamed=True)


def _open(root: Path, environment: str) -> _Place | Refused:
    loaded = load(root)
    if loaded.project is None:
        return Refused(loaded.diagnostics, loaded.sources)
    found, problems = environment_of(loaded.project, environment)
    if found is None:
        return Refused(problems, loaded.sources)
    paths = Paths(root.absolute(), environment)
    names = frozenset(loaded.project.specs)
    return _Place(paths, FactReader(paths, found), loaded.sources, names)


def _pipelines(place: _Place) -> frozenset[str]:
    """Those of the specs, and those that have been run here."""
    declared = {ref.name for ref in place.names if ref.kind == "Pipeline"}
    return frozenset(declared | {one.pipeline for one in place.runs()})


def _run(runs: Sequence[RunRecord], key: str) -> RunRecord | Refused:
    """The run whose key begins so."""
    found = [one for one in runs if key and one.key.startswith(key.lower())]
    if len(found) == 1:
        return found[0]
    if not found:
        newest = ", ".join(one.key[:12] for one in runs[:3])
        hint = f"the newest: {newest}; `exai runs list` has all" if newest else "none was run yet"
        return _refused("unknown-run", f"no run's key begins with `{key}`", hint)
    several = ", ".join(f"{one.key[:16]} ({one.pipeline})" for one in found[:8])
    return _refused(
        "ambiguous-run", f"`{key}` begins the keys of {len(found)} runs", f"say which: {several}"
    )


def _unknown(kind: str, name: str, known: Iterable[str]) -> Refused:
    hint = did_you_mean(name, known) or "there is none yet"
    return _refused(f"unknown-{kind.lower()}", f"there is no {kind} `{name}`", hint)


def _refused(code: str, message: str, hint: str) -> Refused:
    return Refused((Diagnostic(code, message, NOWHERE, hint=hint),))
