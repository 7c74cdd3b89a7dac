"""The command `status`: how an environment is doing, and what stands in the way.

Changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from exai_compiler.backends.kserve.service import API as SERVICE_API
from exai_compiler.build import Build
from exai_compiler.changes import ObjectId
from exai_compiler.facts import Facts, ModelFacts, Verdict
from exai_compiler.feature_views import used
from exai_compiler.planning import plan as make_plan
from exai_compiler.project import Project
from exai_runtime.beside_mistakes import asked_for, environment_to_ask
from exai_runtime.compiling import Checked, check_project, compile_environment, open_target
from exai_runtime.feature_results import Freshness
from exai_runtime.features.freshness import freshness
from exai_runtime.local.features.records import Pushes
from exai_runtime.local.rendered import SERVICE_KIND
from exai_runtime.local.target import LocalTarget
from exai_runtime.results import ModelStatus, StatusReport
from exai_runtime.target import Health, TargetError
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, in_order
from exai_specs.identity import Ref
from exai_specs.kinds import ServiceSpec
from exai_specs.values import replace


def status(root: Path, environment: str) -> StatusReport:
    """How the environment is doing, and what stands in the way.

    Where the specs have mistakes it is what was applied. Changes nothing.
    """
    checked = check_project(load(root), environment)
    sources = checked.loaded.sources
    found, problems = environment_to_ask(checked, environment)
    if found is None:
        return StatusReport(environment, (), (), (), (), problems, sources)
    target = open_target(checked, environment, found)
    try:
        if checked.usable is None:
            return _as_applied(checked, environment, target, problems)
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


def _as_applied(
    checked: Checked, environment: str, target: LocalTarget, problems: tuple[Diagnostic, ...]
) -> StatusReport:
    """What runs, and what certainly should; what waits and what isn't honoured nobody knows."""
    there = target.recorded()
    applied = {row.origin for row in there.health}
    absent = (
        Health(ObjectId(SERVICE_API, SERVICE_KIND, ref.name), ref, "missing", _NOT_APPLIED)
        for ref in asked_for(checked, environment)
        if ref not in applied
    )
    health = _answering(there.health, there.features, lambda row: there.needs.get(row.id.name, ()))
    models = target.models()
    return StatusReport(
        environment=environment,
        health=tuple(sorted((*health, *absent), key=lambda row: (row.origin, row.id))),
        models=tuple(_recorded(Ref("Model", name), models[name]) for name in sorted(models)),
        waiting=None,
        parity=None,
        diagnostics=problems,
        sources=checked.loaded.sources,
        serving=tuple(target.serving()),
        features=there.features,
    )


_NOT_APPLIED = "not applied yet; whether it waits for something isn't known"


def answering(
    project: Project | None, health: Iterable[Health], features: Iterable[Freshness]
) -> Iterator[Health]:
    """A service whose features aren't online isn't ready, whatever its process says."""

    def needs(row: Health) -> Iterable[str]:
        body = project.body(ServiceSpec, row.origin.name) if project is not None else None
        served = body.features if body is not None and row.origin.kind == "Service" else None
        gives = used(project, served.service) if project is not None and served else None
        return gives.parts.views if gives is not None else ()

    return _answering(health, features, needs)


def _answering(
    health: Iterable[Health],
    features: Iterable[Freshness],
    needs: Callable[[Health], Iterable[str]],
) -> Iterator[Health]:
    gone = {row.view.name for row in features if row.state == "missing"}
    for row in health:
        lacks = sorted(gone.intersection(needs(row)))
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
        rows.append(_model(promotion.model, known, promotion.verdict))
    return tuple(rows)


def _recorded(model: Ref, known: ModelFacts) -> ModelStatus:
    """With the verdict on the newest version that has one."""
    verdicts = (version.verdict for version in reversed(known.versions))
    return _model(model, known, next((each for each in verdicts if each is not None), None))


def _model(model: Ref, known: ModelFacts, verdict: Verdict | None) -> ModelStatus:
    note = ""
    if verdict is not None and not verdict.passed:
        note = f"version {verdict.version} missed its gates: its aliases didn't move"
    elif not known.versions:
        note = "no version yet"
    numbers = tuple(version.number for version in known.versions)
    return ModelStatus(model, known.aliases, numbers, verdict, note)
