"""Canaries in Knative mode, in two phases (targets 1.3).

Knative splits the requests between the newest revision and the one that is rolled out, so that one
has to serve `model` before the canary's model comes: on the first deployment, and when `model`
itself has changed, `model` is rolled out alone.

In: a project, an environment, what is rolled out there, what references mean. Out: the services
whose canary waits, with the reason. A service that nobody looked at isn't held back: what is
rendered then is the second phase.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.facts import Facts, ModelVersion
from exai_compiler.maybe import Known, Maybe, Unknown
from exai_compiler.project import Project
from exai_specs.identity import Ref
from exai_specs.kinds import Environment, ModelSpec, ServiceSpec
from exai_specs.kinds.model_files import Files, InlineModel


def canaries_to_come(
    project: Project,
    environment: Environment,
    facts: Facts,
    models: Mapping[str, Maybe[ModelVersion]],
) -> Iterator[Unknown]:
    if environment.target == "local":
        return
    for spec, service in project.bodies(ServiceSpec):
        if service.canary is None or (service.mode or environment.serving.mode) != "Knative":
            continue
        there = facts.rolled_out.get(spec.ref.name)
        wanted = _place(project, service.model, models)
        if there is None or wanted is None or there == wanted:
            continue
        serves = f"the revision that is rolled out serves {there}" if there else "nothing is yet"
        yield Unknown(spec.ref, f"its canary waits until `model` is rolled out; {serves}")


def held_back(waiting: tuple[Unknown, ...]) -> frozenset[Ref]:
    """The services among what waits."""
    return frozenset(each.waits_for for each in waiting if each.waits_for.kind == "Service")


def _place(
    project: Project,
    model: str | InlineModel | None,
    models: Mapping[str, Maybe[ModelVersion]],
) -> str | None:
    """Where the model is: a URI, or its path in a storage. None while nobody knows."""
    if model is None:
        return None
    if isinstance(model, InlineModel):
        return model.storage.path if model.storage is not None else model.uri
    body = project.body(ModelSpec, model)
    if body is not None and isinstance(body.source, Files):
        return body.source.uri
    version = models.get(model)
    return version.value.uri if isinstance(version, Known) else None
