"""Before what a change of a model reaches the callers of a service that serves it.

In: what breaks callers, both revisions resolved, the runs of the plan. Out: the same,
each with what has to happen first: a run that nothing starts here, a person who moves an alias, a
pin that says another version. A service that asks for another model now, or looks features up
otherwise, waits for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.build import RunRequest
from exai_compiler.facts import Pin
from exai_compiler.feature_views import used
from exai_compiler.project import Project
from exai_compiler.resolved import Resolved
from exai_compiler.revisions.breaks import Break
from exai_specs.identity import Ref
from exai_specs.kinds import ModelSpec, ServiceSpec
from exai_specs.values import replace


def with_moments(
    breaks: tuple[Break, ...], old: Resolved, new: Resolved, runs: tuple[RunRequest, ...]
) -> Iterator[Break]:
    """In their order; only those that come of what a model takes or gives."""
    due = frozenset(run.pipeline for run in runs if run.due)
    auto = {each.model.name: each.auto for each in new.promotions}
    for each in breaks:
        service = each.via or each.ref
        told = _before(old, new, due, auto, service.name) if each.of_model else []
        yield replace(each, before=" and ".join(told)) if told else each


def _before(
    old: Resolved,
    new: Resolved,
    due: frozenset[Ref],
    auto: Mapping[str, tuple[str, ...]],
    name: str,
) -> list[str]:
    was, now = (each.project.body(ServiceSpec, name) for each in (old, new))
    if was is None or now is None or was.reference != now.reference or "@" not in now.reference:
        return []
    if _looked_up(old.project, was) != _looked_up(new.project, now):
        return []
    model, _, at = now.reference.partition("@")
    if old.lock.pins.get((model, at)) != (pin := new.lock.pins.get((model, at))):
        return []
    told = list(_runs(new, due, model))
    if isinstance(pin, Pin):
        told.append(f"exai.lock pins another version of `{now.reference}` than {pin.version}")
    elif at.isdigit():
        told.append(f"the service names another version than {at}")
    elif at not in auto.get(model, (at,)):
        told.append(f"a person moves `{at}`")
    return told


def _looked_up(project: Project, service: ServiceSpec) -> object:
    gives = used(project, service.features.service) if service.features is not None else None
    if gives is None:
        return service.features
    return tuple(gives.keys.items()), tuple(gives.request.items()), tuple(gives.columns)


def _runs(new: Resolved, due: frozenset[Ref], model: str) -> Iterator[str]:
    """The runs that register versions of the model, where none of them is in this plan."""
    body = new.project.body(ModelSpec, model)
    makers = [Ref("Pipeline", each) for each in new.producers.get(model, ())]
    if body is not None and body.source is None and makers and due.isdisjoint(makers):
        yield f"{' or '.join(map(str, makers))} is run (nothing in this plan runs it)"
