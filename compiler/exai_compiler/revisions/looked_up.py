"""Models that get other features than they were trained on, though nobody touched their services.

In: both revisions resolved, their lineages, the documents that a change reaches, the models of
which a run of this plan registers a version. Out: a `Break` for each service that keeps its version
until somebody does something; a note at those that only wait for that run: the feature repository
is updated in the first round, and the model that answers meanwhile is the old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.facts import FeaturesUsed, Pin
from exai_compiler.feature_views import used
from exai_compiler.lineage import Lineage
from exai_compiler.meaning import meanings_behind
from exai_compiler.resolve import auto_aliases
from exai_compiler.resolved import Resolved
from exai_compiler.revisions.breaks import Break
from exai_compiler.revisions.documents import DocumentChange
from exai_compiler.revisions.ways import Chain, nearest
from exai_compiler.trained_features import missing_features, other_views
from exai_specs.identity import Ref
from exai_specs.kinds import ModelSpec, ServiceSpec
from exai_specs.parse import Spec
from exai_specs.values import frozen, replace

_OF_FEATURES = ("Dataset", "Entity", "FeatureService", "FeatureView")


@frozen
class Moved:
    """Features, by their names, that one view had and another one has."""

    names: tuple[str, ...]
    was: str
    now: str


@frozen
class Fed:
    """A service that looks up other features than its version was trained on: `gone` are those that
    it no longer gets, `moved` those that it gets of another view, `other` the views that mean
    something else. `until` is what somebody has to do, "" where a run of this plan does it."""

    spec: Spec
    version: str
    gone: tuple[str, ...]
    moved: tuple[Moved, ...]
    other: tuple[str, ...]
    until: str


def fed_otherwise(
    old: Resolved,
    new: Resolved,
    documents: tuple[DocumentChange, ...],
    coming: frozenset[str],
) -> tuple[Fed, ...]:
    """In the order of the services' documents."""
    if not any(each.ref.kind in _OF_FEATURES for each in documents):
        return ()
    return tuple(_fed(old, new, coming))


def unfed(
    fed: tuple[Fed, ...],
    documents: tuple[DocumentChange, ...],
    lineages: tuple[Lineage, Lineage],
) -> Iterator[Break]:
    """Of those that wait for somebody."""
    starts = [each.because for each in documents if each.ref.kind in _OF_FEATURES]
    kept = [each for each in fed if each.until]
    ways = [nearest(each, starts, _leads) for each in lineages] if kept else []
    for each in kept:
        ref = each.spec.ref
        chains: list[Chain] = [way[ref] for way in ways if ref in way]
        because = min(chains, key=lambda chain: (len(chain), chain), default=(ref,))
        had = [_listed(each.gone)] if each.gone else []
        had += [
            f"{_listed(moved.names)} of `{moved.was}` and gets those of `{moved.now}`"
            for moved in each.moved
        ]
        what = ", and with ".join(had) or f"other values of {_listed(each.other)}"
        why = f"it serves {each.version} was trained with {what}, until {each.until}"
        yield Break(str(ref), ref, each.spec.at("spec", "model"), why, because)


def with_new_values(
    documents: tuple[DocumentChange, ...], fed: tuple[Fed, ...]
) -> tuple[DocumentChange, ...]:
    """The documents, in their order, with a note at those that wait for a run alone."""
    notes = {each.spec.ref: _note(each) for each in fed if not each.until}
    return tuple(
        replace(each, note="; ".join(filter(None, (each.note, notes.get(each.ref, "")))))
        for each in documents
    )


def _note(fed: Fed) -> str:
    told = [f"no longer gets {_listed(fed.gone)}"] if fed.gone else []
    told += [
        f"gets {_listed(moved.names)} of `{moved.now}` instead of `{moved.was}`"
        for moved in fed.moved
    ]
    what = " and ".join(told) or f"gets the new {_listed(fed.other)}"
    return f"the model that answers {what} from round 1 on, until its new version serves"


def _fed(old: Resolved, new: Resolved, coming: frozenset[str]) -> Iterator[Fed]:
    for spec, service in new.project.bodies(ServiceSpec):
        was = old.project.body(ServiceSpec, spec.ref.name)
        model, at_sign, at = service.reference.partition("@")
        if was is None or was.reference != service.reference or not at_sign or service.stopped:
            continue
        pin = new.lock.pins.get((model, at))
        if (
            was.features is None
            or service.features is None
            or old.lock.pins.get((model, at)) != pin
        ):
            continue
        if (trained := _trained(old, was.features.service)) is None:
            continue
        missing = missing_features(new.project, service.features.service, trained)
        moved = tuple(_moved(new, service.features.service, trained, missing))
        there = {name for each in moved for name in each.names}
        gone = tuple(name for name in missing if name not in there)
        other = other_views(new.project, new.catalog, trained)
        if missing or other:
            number = str(pin.version) if isinstance(pin, Pin) else at
            version = f"version {number}, which" if number.isdigit() else "a version that"
            yield Fed(spec, version, gone, moved, other, _until(new, model, at, pin, coming))


def _moved(
    new: Resolved, service: str, trained: FeaturesUsed, missing: tuple[str, ...]
) -> Iterator[Moved]:
    """Of the features that are missing those of the same name that another view gives, by views."""
    gives = used(new.project, service)
    found: dict[tuple[str, str], list[str]] = {}
    for name in missing:
        if gives is not None and name in gives.columns:
            views = trained.columns[name].partition(":")[0], gives.columns[name].view
            found.setdefault(views, []).append(name)
    for (was, now), names in sorted(found.items()):
        yield Moved(tuple(names), was, now)


def _trained(old: Resolved, service: str) -> FeaturesUsed | None:
    """What a model was trained on, by what its service looks up: checks hold them together."""
    gives = used(old.project, service)
    if gives is None:
        return None
    columns: Mapping[str, str] = {name: each.reference for name, each in gives.columns.items()}
    return FeaturesUsed(service, meanings_behind(old.project, old.catalog, gives), columns)


def _until(new: Resolved, model: str, at: str, pin: object, coming: frozenset[str]) -> str:
    if isinstance(pin, Pin):
        return "another version is pinned"
    if at.isdigit():
        return "the service names another version"
    body = new.project.body(ModelSpec, model)
    if body is not None and at not in auto_aliases(body, new.environment):
        return f"a person moves `{at}`"
    if model in coming:
        return ""
    makers = [f"Pipeline/{each}" for each in new.producers.get(model, ())]
    return (
        f"{' or '.join(makers)} is run (nothing in this plan runs it)"
        if makers
        else "another version is registered"
    )


def _leads(above: Ref, below: Ref) -> bool:
    return above.kind in _OF_FEATURES and below.kind in (*_OF_FEATURES, "Service")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
