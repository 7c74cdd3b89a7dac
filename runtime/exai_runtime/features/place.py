"""An environment whose features were applied, for the commands that use them.

In: a project's folder and an environment. Out: what was applied there, or why nothing is. Reading
and pushing go by that, not by what the specs say since.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exai_runtime.beside_mistakes import environment_to_ask, mistakes
from exai_runtime.compiling import Checked, check_project, environment_for, open_target
from exai_runtime.feature_results import Freshness
from exai_runtime.features.freshness import applied_freshness, freshness
from exai_runtime.local.features.drift import online
from exai_runtime.local.features.process import FeatureProcess, feature_process
from exai_runtime.local.features.standing import standing_repository
from exai_runtime.local.rendered import plain
from exai_runtime.local.target import LocalTarget
from exai_runtime.results import Refused
from exai_runtime.target import TargetError
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import Environment
from exai_specs.nearest import nearest
from exai_specs.values import frozen

_TRIES = 20.0  # seconds that a push or a schedule waits for an apply


@frozen
class Place:
    """An environment whose features were applied."""

    checked: Checked
    name: str
    environment: Environment
    target: LocalTarget
    body: Mapping[str, Any]

    @property
    def spec(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.body["spec"]
        return found

    def process(self, *, writes: bool = False) -> FeatureProcess:
        project = self.checked.project
        assert project is not None  # noqa: S101 - a place has a project
        return feature_process(self.target.paths, self.environment, project.name, writes=writes)


def place_of(root: Path, environment: str, *, asks: bool = False) -> Place | Refused:
    """Who only `asks` may do so where the specs have mistakes, too."""
    checked = check_project(load(root), environment)
    found, problems = (environment_to_ask if asks else environment_for)(checked, environment)
    if found is None:
        return Refused(problems, checked.loaded.sources)
    target = open_target(checked, environment, found)
    try:
        objects = target.observe().objects
    except TargetError as error:
        return refused(checked, error.diagnostic)
    live = standing_repository(objects)
    if live is None:
        where = "" if environment == "local" else f" -e {environment}"
        said = f"no features are applied to {environment} yet"
        return refused(
            checked, Diagnostic("not-applied", said, Span(""), hint=f"exai apply{where}")
        )
    return Place(checked, environment, found, target, plain(live.body))


def freshness_of(place: Place) -> tuple[Freshness, ...]:
    project = place.checked.project
    assert project is not None  # noqa: S101 - a place has a project
    target = place.target
    there = online(target.paths, target.environment).views
    if place.checked.usable is None:
        return applied_freshness(place.spec, there, datetime.now(UTC), target.pushes())
    return freshness(project, there, datetime.now(UTC), target.pushes())


@contextmanager
def running(process: FeatureProcess) -> Iterator[FeatureProcess]:
    try:
        yield process
    finally:
        process.close()


def unknown(what: str, name: str, known: Sequence[str]) -> Diagnostic:
    found = nearest(name, known)
    hint = f"did you mean `{found}`?" if found else f"there is {', '.join(sorted(known))}"
    return Diagnostic("unknown-view", f"there is no {what} `{name}`", Span(""), hint=hint)


def refused(checked: Checked, problem: Diagnostic) -> Refused:
    return Refused((*mistakes(checked), problem), checked.loaded.sources)


@contextmanager
def patiently(target: LocalTarget) -> Iterator[LocalTarget]:
    """The target as a writer; an apply that runs is waited for, for a while."""
    until = time.monotonic() + _TRIES
    while True:
        try:
            target.__enter__()
            break
        except TargetError as error:
            if error.diagnostic.code != "apply-running" or time.monotonic() > until:
                raise
            time.sleep(0.2)
    try:
        yield target
    except BaseException as error:
        target.__exit__(type(error), error, error.__traceback__)
        raise
    target.__exit__(None, None, None)
