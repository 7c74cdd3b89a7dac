"""`exai features materialize`: views are brought online now, and then on their schedule.

In: views, or none for all. Out: an outcome for each view and time. It asks that what the specs say
is what was applied, and holds the environment's lock only while it works.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from exai_compiler.build import Build
from exai_compiler.changes import Materialize, Outcome, Planned
from exai_runtime.compiling import (
    Compiled,
    check_project,
    compile_environment,
    environment_for,
    open_target,
)
from exai_runtime.events import ChangeFinished, ChangeStarted, Listen, PhaseFinished
from exai_runtime.feature_results import Materializing
from exai_runtime.features.freshness import next_time
from exai_runtime.features.place import (
    Place,
    freshness_of,
    patiently,
    place_of,
    refused,
    unknown,
)
from exai_runtime.local.features.execute import ASKED, REPOSITORY_KIND
from exai_runtime.local.ledger import read
from exai_runtime.local.target import LocalTarget
from exai_runtime.results import Refused
from exai_runtime.target import TargetError
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span, has_errors, in_order
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.kinds import FeatureViewSpec


def materialize(
    root: Path, environment: str, views: Sequence[str], listen: Listen, *, watch: bool = False
) -> Materializing | Refused:
    """Bring the views (all of them, if none is named) online now; with `watch`, then again as
    their schedule says, until somebody presses Ctrl-C.
    """
    place = place_of(root, environment)
    if isinstance(place, Refused):
        return place
    for name in views:
        if (problem := _not_materialized(place, name)) is not None:
            return refused(place.checked, problem)
    outcomes: list[Outcome] = []
    problems: tuple[Diagnostic, ...] = ()
    chosen = tuple(views) or tuple(
        name for name, view in place.spec["views"].items() if view["online"]
    )
    try:
        problems = _bring(root, environment, chosen, outcomes, listen, ASKED)
        if watch and not has_errors(problems):
            problems = _watch(root, environment, chosen, outcomes, listen)
    except KeyboardInterrupt:
        if not watch:
            raise
    sources = place.checked.loaded.sources
    rows = tuple(row for row in freshness_of(place) if row.view.name in chosen)
    return Materializing(environment, tuple(outcomes), rows, diagnostics=problems, sources=sources)


def _watch(
    root: Path, environment: str, views: tuple[str, ...], outcomes: list[Outcome], listen: Listen
) -> tuple[Diagnostic, ...]:
    """Until an interrupt, or until nothing is asked for by the clock any more."""
    while True:
        place = place_of(root, environment)
        if isinstance(place, Refused):
            return place.diagnostics
        times, problem = _times(place, views)
        if problem is not None:
            return (problem,)
        now = datetime.now(UTC)
        due = tuple(name for name, when in sorted(times.items()) if when <= now)
        if not due:
            first, when = min(times.items(), key=lambda item: (item[1], item[0]))
            said = when.astimezone().isoformat(" ", "seconds")
            listen(PhaseFinished(f"next: {first}", 0.0, said))
            while datetime.now(UTC) < when:
                time.sleep(min(1.0, max(0.0, (when - datetime.now(UTC)).total_seconds())))
            continue
        problems = _bring(root, environment, due, outcomes, listen, ("its schedule",))
        if has_errors(problems):
            return problems


def _times(place: Place, views: tuple[str, ...]) -> tuple[dict[str, datetime], Diagnostic | None]:
    """When each view is due next by the clock, counted from when it was last tried."""
    project = place.checked.project
    assert project is not None  # noqa: S101 - a place has a project
    tried = _tried(place)
    times = {}
    for name in views:
        body = project.body(FeatureViewSpec, name)
        spec = project.find("FeatureView", name)
        if body is None or spec is None:
            continue
        try:
            when = next_time(body.materialize, tried.get(name, datetime.now(UTC)))
        except ValueError as error:
            at = spec.at("spec", "materialize", "every")
            return {}, Diagnostic("bad-schedule", f"{error}", at, hint="write 1h, or '0 6 * * *'")
        if when is not None:
            times[name] = when
    if not times:
        said = "no view has a schedule: `materialize.every` is set nowhere"
        hint = "set it, or leave out --watch"
        return {}, Diagnostic("no-schedule", said, Span(""), hint=hint)
    return times, None


def _tried(place: Place) -> dict[str, datetime]:
    """When each view was last brought online, or failed to be: a store that is down is asked again
    at the next time, not at once.
    """
    ledger = read(place.target.paths.control)
    found = {
        name: datetime.fromtimestamp(record.fact.at, UTC)
        for name, record in ledger.online.materialized.items()
    }
    for entry in ledger.journal:
        if entry.verb == "materialize":
            at = datetime.fromtimestamp(entry.at, UTC)
            name = entry.subject.partition("/")[2]
            found[name] = max(at, found.get(name, at))
    return found


def _bring(
    root: Path,
    environment: str,
    views: Sequence[str],
    outcomes: list[Outcome],
    listen: Listen,
    why: tuple[str, ...],
) -> tuple[Diagnostic, ...]:
    """One time: every view of `views`, each with its journal line."""
    checked = check_project(load(root), environment)
    found, problems = environment_for(checked, environment)
    if found is None:
        return problems
    try:
        with patiently(open_target(checked, environment, found)) as target:
            compiled = compile_environment(checked, environment, found, target)
            wanted = _current(compiled, target)
            if isinstance(wanted, Diagnostic):
                return (*problems, wanted)
            for name in views:
                outcomes.append(_one(name, wanted, target, listen, why))
    except TargetError as error:
        return in_order((*problems, error.diagnostic))
    return problems


def _one(
    name: str, build: Build, target: LocalTarget, listen: Listen, why: tuple[str, ...]
) -> Outcome:
    ref = Ref("FeatureView", name)
    made = next((m for m in build.materializations if m.view == ref), None)
    change = Materialize(ref, made.key if made else "", why)
    planned = Planned(change, 1, Effect.MATERIALIZE, (ref,))
    listen(ChangeStarted(planned))
    outcome = target.apply(change, build, listen)
    listen(ChangeFinished(planned, outcome))
    return outcome


def _current(compiled: Compiled, target: LocalTarget) -> Build | Diagnostic:
    """The build, if the repository that it holds is the one that was applied."""
    held = {k: v.body for k, v in target.observe().objects.items() if k.kind == REPOSITORY_KIND}
    wanted = {o.id: o.body for o in compiled.build.objects if o.id.kind == REPOSITORY_KIND}
    if held == wanted:
        return compiled.build
    return Diagnostic(
        "not-applied",
        "the features of the specs aren't those that were applied",
        Span("exai.yaml"),
        hint="exai apply: it brings online what is new, too",
    )


def _not_materialized(place: Place, name: str) -> Diagnostic | None:
    spec = place.spec
    if name in spec["transforms"]:
        said = f"{name} is made of other features when it is asked for: it is never stored"
        hint = "bring the views of its sources online"
        return Diagnostic("not-materialized", said, Span(""), hint=hint)
    if name not in spec["views"]:
        return unknown("view", name, tuple(spec["views"]))
    if not spec["views"][name]["online"]:
        said = f"{name} is not online"
        hint = "set online: true, then apply"
        return Diagnostic("not-materialized", said, Span(""), hint=hint)
    return None
