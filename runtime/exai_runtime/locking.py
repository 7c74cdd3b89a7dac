"""The command `lock`: what aliases mean in an environment on a cluster, written into `exai.lock`.

In: a project, an environment, the aliases that are asked for. Out: a `Locked`. It reads the
environment's registry, and writes one file of the working tree, which people commit; nothing is
changed in the registry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from exai_compiler.checks.lock import of_lock
from exai_compiler.facts import ModelFacts, ModelVersion
from exai_compiler.project import Project
from exai_compiler.resolve import registered_name
from exai_runtime.compiling import Checked, check_project, environment_of
from exai_runtime.folder import DiskFolder
from exai_runtime.lock_arguments import NOWHERE, Asked, asked, served
from exai_runtime.lock_file import FILE, alone, read_lock, write_lock
from exai_runtime.lock_results import Locked, Move
from exai_runtime.results import Refused
from exai_runtime.target import TargetError
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, has_errors, in_order
from exai_specs.kinds import Environment
from exai_specs.values import replace

if TYPE_CHECKING:
    from exai_specs.lock import LockFile, Pinned

LATER = frozenset({"unpinned-image"})  # what `lock --images` is for


def lock(root: Path, environment: str, names: Sequence[str]) -> Locked | Refused:
    """Pin `MODEL@ALIAS`es, or `MODEL@ALIAS=VERSION`s; without a name those that services ask for
    and that aren't pinned yet. A pin that stands moves only where it is named."""
    checked = check_project(load(root), environment)
    project, sources = checked.project, checked.loaded.sources
    if project is None or has_errors(
        each for each in checked.diagnostics if each.code not in LATER
    ):
        return Refused(checked.diagnostics, sources)
    found = project.environment(environment)
    if found is None:
        return Refused(environment_of(project, environment)[1], sources)
    if (problem := _without_registry(project, environment, found)) is not None:
        return Refused((problem,), sources)
    before = _before(project.lock, environment)
    wanted, wrong = asked(project, names) if names else (served(project, before), ())
    if wrong:
        return Refused(in_order(wrong), sources)
    if not wanted:
        told = tuple(each for each in checked.diagnostics if each.code not in LATER)
        return Locked(environment, (), tuple(sorted(before)), told, sources)
    try:
        models = _models(project, environment, found)
    except TargetError as error:
        return Refused((error.diagnostic,), sources)
    pins, missing = _pins(project, wanted, models)
    told = missing if names else tuple(replace(each, severity="warning") for each in missing)
    if has_errors(told):
        return Refused(in_order(told), sources)
    try:
        with alone(checked.loaded.root):
            return _written(checked, environment, pins, told, bool(names))
    except OSError as error:
        message = f"{FILE} can't be written: {error.strerror}"
        problem = Diagnostic("no-access", message, NOWHERE, hint="nothing was changed")
        return Refused((problem,), sources)


def _without_registry(project: Project, name: str, environment: Environment) -> Diagnostic | None:
    at = project.root.key_at("spec", "environments", name)
    if environment.target == "local":
        message = f"`{name}` is a local environment: its registry says what an alias means"
        return Diagnostic("nothing-to-lock", message, at, hint="name one on a cluster with -e")
    if environment.tracking is None:
        message = f"`{name}` names no registry of models"
        hint = "add `tracking: {uri: https://...}` there"
        return Diagnostic("nothing-to-lock", message, at, hint=hint)
    return None


def _models(project: Project, name: str, environment: Environment) -> Mapping[str, ModelFacts]:
    from exai_runtime.remote_registry import read_models_at

    assert environment.tracking is not None  # noqa: S101 - `_without_registry` has looked
    at = project.root.at("spec", "environments", name, "tracking", "uri")
    return read_models_at(environment.tracking.uri, at)


def _before(lock: LockFile | None, environment: str) -> Mapping[str, Pinned]:
    found = lock.environments.get(environment) if lock is not None else None
    return found.models if found is not None else {}


def _pins(
    project: Project, wanted: Sequence[Asked], models: Mapping[str, ModelFacts]
) -> tuple[dict[str, Pinned], tuple[Diagnostic, ...]]:
    pins: dict[str, Pinned] = {}
    missing: list[Diagnostic] = []
    for each in wanted:
        model, _, at = each.reference.partition("@")
        known = models.get(registered_name(project, model), ModelFacts())
        number = known.aliases.get(at) if each.number is None else each.number
        version = None if number is None else known.version(number)
        if version is not None:
            pins[each.reference] = _pinned(version)
            continue
        what = f"alias `{at}`" if number is None else f"version {number}"
        message = f"the registry has no {what} of `{model}`"
        numbers = ", ".join(str(one.number) for one in known.versions[-5:])
        hint = f"it has no version of it yet: run a pipeline that registers `{model}`"
        if numbers:
            hint = f"name a version, {model}@{at}=VERSION; the newest it has are {numbers}"
        missing.append(Diagnostic("no-version", message, NOWHERE, hint=hint))
    return pins, tuple(missing)


def _pinned(version: ModelVersion) -> Pinned:
    from exai_specs.lock import Pinned

    return Pinned(
        version=version.number,
        uri=version.uri,
        digest=version.digest or None,
        format=version.format or None,
        run_key=version.run_key or None,
        # A registry may say NaN of a metric; a lock has numbers alone.
        metrics=MappingProxyType(
            {name: value for name, value in sorted(version.metrics.items()) if isfinite(value)}
        ),
    )


def _written(
    checked: Checked,
    environment: str,
    pins: Mapping[str, Pinned],
    told: tuple[Diagnostic, ...],
    named: bool,
) -> Locked | Refused:
    """The file as it is now, which another `exai lock` may have written since it was checked, with
    these pins. Those that weren't `named` leave alone what is pinned meanwhile. Raises OSError."""

    from exai_specs.lock import with_pins
    from exai_specs.lock_reading import as_read

    project, sources = checked.project, checked.loaded.sources
    assert project is not None  # noqa: S101 - the caller holds a project
    there = read_lock(DiskFolder(checked.loaded.root))
    if there.problems:
        return Refused(in_order(there.problems), sources)
    before = _before(there.lock, environment)
    merged = {**before, **pins} if named else {**pins, **before}
    fresh = as_read(with_pins(there.lock, environment, models=merged))
    if isinstance(fresh, tuple):
        return Refused(fresh, sources)
    found = tuple(of_lock(replace(project, lock=fresh), checked.catalog, environment))
    if has_errors(found):
        return Refused(in_order(found), sources)
    after = _before(fresh, environment)
    moves = tuple(
        Move(key, before[key].version if key in before else None, pin.version, pin.uri)
        for key, pin in sorted(after.items())
        if before.get(key) != pin
    )
    if moves:
        write_lock(checked.loaded.root, fresh)
    kept = tuple(sorted(after.keys() - {move.reference for move in moves}))
    return Locked(environment, moves, kept, in_order((*told, *found)), sources)
