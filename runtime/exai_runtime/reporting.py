"""The command `status`: how an environment is doing, and what stands in the way.

Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from exai_compiler.build import Build
from exai_compiler.facts import Facts, ModelFacts
from exai_compiler.feature_views import used
from exai_compiler.planning import plan as make_plan
from exai_compiler.project import Project
from exai_runtime.compiling import (
    check_project,
    compile_environment,
    environment_for,
    open_target,
)
from exai_runtime.feature_results import Freshness
from exai_runtime.features.freshness import freshness
from exai_runtime.local.features.records import Pushes
from exai_runtime.results import ModelStatus, StatusReport
from exai_runtime.target import Health, TargetError
from exai_runtime.workspace import load
from exai_specs.diagnostics import in_order
from exai_specs.kinds import ServiceSpec
from exai_specs.values import replace


def status(root: Path, environment: str) -> StatusReport:
    """How the environment is doing, and what stands in the way.

    Changes nothing.
    """
    checked = check_project(load(root), environment)
    sources = checked.loaded.sources
    found, problems = environment_for(checked, environment)
    if found is None:
        return StatusReport(environment, (), (), (), (), problems, sources)
    target = open_target(checked, environment, found)
    try:
        compiled = compile_environment(checked, environment, found, target)
        made = make_plan(compiled.build, target.observe())
        health = target.health(compiled.build)
    except TargetError as error:
        return StatusReport(environment, (), (), (), (), (*problems, error.diagnostic), sources)
    features = _features(checked.usable, compiled.facts, target.pushes())
    return StatusReport(
        environment=environment,
        health=tuple(answering(checked.usable, health, features)),
        models=_models(compiled.build, compiled.facts),
        waiting=made.waiting,
        parity=made.notes,
        diagnostics=in_order((*problems, *compiled.problems)),
        sources=sources,
        serving=tuple(target.serving()),
        features=features,
    )


def answering(
    project: Project | None, health: Iterable[Health], features: Iterable[Freshness]
) -> Iterator[Health]:
    """A service whose features aren't online isn't ready, whatever its process says."""
    gone = {row.view.name for row in features if row.state == "missing"}
    for row in health:
        body = project.body(ServiceSpec, row.origin.name) if project is not None else None
        served = body.features if body is not None and row.origin.kind == "Service" else None
        gives = used(project, served.service) if project is not None and served else None
        lacks = sorted(gone.intersection(gives.parts.views)) if gives is not None else []
        if row.state != "ready" or not lacks:
            yield row
            continue
        detail = f"it answers without {', '.join(lacks)}, which isn't online: apply"
        yield replace(row, state="failed", detail=detail)


def _features(
    project: Project | None, facts: Facts, pushes: Mapping[str, Pushes]
) -> tuple[Freshness, ...]:
    return freshness(project, facts.materialized, datetime.now(UTC), pushes) if project else ()


def _models(build: Build, facts: Facts) -> tuple[ModelStatus, ...]:
    rows = []
    for promotion in build.promotions:
        known = facts.models.get(promotion.model.name, ModelFacts())
        verdict = promotion.verdict
        note = ""
        if verdict is not None and not verdict.passed:
            note = f"version {verdict.version} missed its gates: its aliases didn't move"
        elif not known.versions:
            note = "no version yet"
        numbers = tuple(version.number for version in known.versions)
        rows.append(ModelStatus(promotion.model, known.aliases, numbers, verdict, note))
    return tuple(rows)
