"""The world in which a revision of the specs has been applied: what another one is planned against.

In: the project of that revision, the one that is compared with it, an environment. Out: `Facts`, in
which every run has succeeded, every version has passed its gates, every alias is set and every view
is online. Data are the same on both sides, but for a version that the specs set: a comparison is of
specs. Looks at nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.backends.kserve.formats import made_by_steps
from exai_compiler.build import RunKey
from exai_compiler.catalog import Catalog
from exai_compiler.facts import (
    Facts,
    FeaturesUsed,
    Materialized,
    ModelFacts,
    ModelVersion,
    RunFact,
    Verdict,
)
from exai_compiler.feature_views import used
from exai_compiler.features import online_place
from exai_compiler.judge import gates_digest
from exai_compiler.locked import lock_of
from exai_compiler.maybe import Known
from exai_compiler.meaning import meanings_behind
from exai_compiler.project import Project
from exai_compiler.resolve import registered_name, resolve
from exai_compiler.resolved import Resolved
from exai_compiler.revisions.set_versions import set_otherwise
from exai_specs.frozen import Json
from exai_specs.kinds import DatasetSpec, Environment, ModelSpec, ServiceSpec

NOW = 1
"""The number of the version that every alias means."""


def unapplied(*projects: Project) -> Facts:
    """Nothing has happened yet, and the data of all these projects are there."""
    names = {spec.ref.name for each in projects for spec, _ in each.bodies(DatasetSpec)}
    return Facts(data=MappingProxyType({name: Known("") for name in sorted(names)}))


def applied(
    project: Project, compared: Project, name: str, environment: Environment, catalog: Catalog
) -> Facts:
    """The world after an apply of `project`, in the words that `compared` asks for: it may name
    other aliases and numbers of the same models."""
    facts = unapplied(project, compared)
    lock = lock_of(project, name)
    resolved = resolve(project, name, environment, catalog, lock, facts)
    asked = tuple(_references(project)) + tuple(_references(compared))
    models = {
        registered_name(project, spec.ref.name): _model(resolved, spec.ref.name, model, asked)
        for spec, model in project.bodies(ModelSpec)
    }
    stays = _place(compared, name) in (None, online_place(project, environment))
    return Facts(
        models=MappingProxyType(models),
        data=MappingProxyType({**facts.data, **set_otherwise(project, compared)}),
        runs=tuple(_succeeded(run) for run in resolved.runs),
        materialized=MappingProxyType(
            {
                each.view.name: Materialized(
                    each.view.name, each.key, each.meaning, each.data, "", 0.0, 0
                )
                for each in resolved.materializations
                if stays
            }
        ),
    )


def _place(project: Project, name: str) -> Mapping[str, Json] | None:
    """Where the features of an environment are looked up; None where it isn't there."""
    environment = project.environment(name)
    return online_place(project, environment) if environment is not None else None


def _references(project: Project) -> Iterator[tuple[str, str]]:
    """Every model that a service names, with the alias or the number."""
    for _, service in project.bodies(ServiceSpec):
        for _, reference in service.references:
            name, at_sign, at = reference.partition("@")
            if at_sign:
                yield name, at


def _succeeded(run: RunKey) -> RunFact:
    return RunFact(
        key=run.key,
        pipeline=run.pipeline.name,
        spec_key=run.spec_key,
        data=run.data,
        state="succeeded",
        generation=run.generation,
    )


def _model(
    resolved: Resolved, name: str, model: ModelSpec, asked: tuple[tuple[str, str], ...]
) -> ModelFacts:
    mine = [at for named, at in asked if named == name]
    numbers = sorted({NOW, *(int(at) for at in mine if at.isdigit())})
    aliases = {*model.aliases, *(at for at in mine if not at.isdigit())}
    key = next((run.key for run in resolved.runs if name in run.registers), "")
    made = made_by_steps(resolved, name)
    versions = tuple(
        ModelVersion(
            model=name,
            number=number,
            uri="",
            digest="",
            run_key=key if number == NOW else "",
            format=made[0] if made else "h2o-mojo",
            verdict=Verdict(name, number, gates_digest(model.gates), True, ()),
            features=_features(resolved, name),
        )
        for number in numbers
    )
    return ModelFacts(versions, MappingProxyType(dict.fromkeys(sorted(aliases), NOW)))


def _features(resolved: Resolved, model: str) -> FeaturesUsed | None:
    """What the model was trained on, by what its services look up: checks hold them together."""
    project = resolved.project
    for _, service in project.bodies(ServiceSpec):
        if service.features is None or service.reference.partition("@")[0] != model:
            continue
        gives = used(project, service.features.service)
        if gives is not None:
            columns: Mapping[str, str] = {n: f.reference for n, f in gives.columns.items()}
            views = meanings_behind(project, resolved.catalog, gives)
            return FeaturesUsed(service.features.service, views, columns)
    return None
