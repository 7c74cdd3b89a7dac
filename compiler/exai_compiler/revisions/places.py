"""What an environment is: which fields mean anything in the one that is compared, and what it means
to be somewhere else.

In: changed documents, both environments, the actions of a plan. Out: the same, with what a field
does there. An object in another namespace is another object: made there, deleted here, and who
calls it finds nothing; one that can't change in place answers nobody until it is made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from exai_compiler.backends.kserve.service import mode_of
from exai_compiler.changes import (
    Delete,
    FieldChange,
    ObjectId,
    Planned,
    Replace,
    Update,
    document_of,
)
from exai_compiler.maybe import Known
from exai_compiler.planning.rules import (
    DEPLOYMENT_MODE,
    LOST_WITH,
    NAMESPACE,
    delete_effect,
    remade_effect,
)
from exai_compiler.project import Project
from exai_compiler.revisions.absent import is_absent, without_effect
from exai_compiler.revisions.breaks import Break
from exai_compiler.revisions.documents import DocumentChange, SpecField
from exai_compiler.revisions.reachable import is_stopped
from exai_specs.effects import Effect
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.kinds import Environment, ServiceSpec
from exai_specs.values import replace

_SERVING = ("Graph", "LLMService", "Service")
# What of a Service means nothing on a target: one machine serves one version at a time.
_NOTHING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"kubeflow": ("local",), "local": ("canary", "rollout")}
)
_SCALING = ("autoscale", "replicas")

# What an apply doesn't show: who reads the specs has to know it.
_NOTES: Mapping[str, str] = MappingProxyType(
    {
        "target": "it is another place: all of it is made anew there, and what the old one has "
        "stays until somebody takes it away",
        "tracking": "where that is another registry, a model that isn't in it has to be made or "
        "registered again",
        "models": "new versions are kept there; those that are registered stay where they are",
        "data": "where other rows are there, pipelines that watch data run",
        "connections": "where other rows are there, pipelines that watch data run",
    }
)


def here(
    changes: Iterable[DocumentChange], head: Project, name: str, environment: Environment
) -> Iterator[DocumentChange]:
    """The changes as they matter in this environment."""
    for change in changes:
        if change.verb != "changed":
            yield change
        elif change.ref.kind == "Project":
            fields = tuple(_of_environment(each, name, environment) for each in change.fields)
            note = "; ".join(_notes(fields, name))
            yield replace(change, fields=fields, impact=_most(fields), note=note)
        elif change.ref.kind == "Service":
            service = head.body(ServiceSpec, change.ref.name)
            nothing = _NOTHING[environment.target]
            fields = tuple(_less(each, nothing) for each in change.fields)
            if (
                environment.target != "local"
                and service is not None
                and mode_of(service, environment) == "Knative"
            ):
                fields = tuple(map(_of_revision, fields))
            yield replace(change, fields=fields, impact=_most(fields))
        elif is_absent(change.ref, environment):
            yield without_effect(change)
        else:
            yield change


def _of_environment(field: SpecField, name: str, environment: Environment) -> SpecField:
    path = field.path
    if path[:2] != ("spec", "environments"):
        return field
    if len(path) > 2 and path[2] != name:
        return replace(field, effect=Effect.METADATA)  # another's
    if len(path) < 4 or (path[3] == "namespace" and environment.target == "local"):
        return replace(field, effect=Effect.RENDER)  # one machine has no namespaces
    return field


def _less(field: SpecField, nothing: Sequence[str]) -> SpecField:
    """What means nothing on this target has no effect."""
    if field.path[:1] == ("spec",) and field.path[1:2] and field.path[1] in nothing:
        return replace(field, effect=Effect.METADATA)
    return field


def _of_revision(field: SpecField) -> SpecField:
    """Knative keeps how a revision scales in the revision: another one is rolled out."""
    scales = any(part in _SCALING for part in field.path[1:3])
    return replace(field, effect=max(field.effect, Effect.REDEPLOY)) if scales else field


def _most(fields: Iterable[SpecField]) -> Effect:
    return max((field.effect for field in fields), default=Effect.METADATA)


def _notes(fields: Iterable[SpecField], name: str) -> Iterator[str]:
    fields = tuple(fields)
    paths = [each.path[2:] for each in fields if each.path[:2] == ("spec", "environments")]
    yield from dict.fromkeys(
        _NOTES[str(path[1])]
        for path in paths
        if len(path) > 1 and path[0] == name and path[1] in _NOTES
    )
    gone, new = _whole(fields)
    for each in sorted(gone):
        renamed = sorted(other for other, body in new.items() if body == gone[each])
        where = ""
        if renamed:
            where = f", and `{renamed[0]}` is new, and all of it is made there"
        yield f"`{each}` is gone{where}: what stands in `{each}` isn't deleted by that"
    others = sorted({str(path[0]) for path in paths if path and path[0] not in (name, *gone)})
    if others:
        yield "what is of " + ", ".join(f"`{each}`" for each in others) + " has no effect here"


def _whole(fields: Iterable[SpecField]) -> tuple[Mapping[str, Json], Mapping[str, Json]]:
    """The environments that are gone, and those that are new. `local` needs nobody to declare it,
    and is never gone."""
    gone, new = dict[str, Json](), dict[str, Json]()
    for field in fields:
        if field.path[:2] != ("spec", "environments") or len(field.path) > 3:
            continue
        named = [str(part) for part in field.path[2:]]
        sides = [{named[0]: each} if named else each for each in (field.old, field.new)]
        old, now = ({**each} if isinstance(each, Mapping) else {} for each in sides)
        gone |= {key: body for key, body in old.items() if body and not now.get(key)}
        new |= {key: body for key, body in now.items() if body and not old.get(key)}
    gone.pop("local", None)
    return gone, new


def moved(changes: Iterable[Planned], environment: Environment) -> tuple[Planned, ...]:
    """With replacements of what goes to another namespace."""
    if environment.target == "local":
        return tuple(changes)
    found: list[Planned] = []
    gone: set[ObjectId] = set()
    for planned in changes:
        change = planned.change
        moves = _moves(change.fields) if isinstance(change, Update) else None
        if moves is None or not isinstance(change, Update):
            found.append(planned)
        elif change.id not in gone:
            gone.add(change.id)
            lost = LOST_WITH.get((change.id.api, change.id.kind))
            why = f"it {moves}: made there, deleted here{f'; {lost}' if lost else ''}"
            instead = Replace(change.id, change.id, change.origin, why, NAMESPACE)
            remade = remade_effect(change.id.api, change.id.kind, Effect.RENDER)
            impact = max(planned.impact, remade)
            found.append(replace(planned, change=instead, impact=impact))
        else:
            fields = tuple(each for each in change.fields if each.path != NAMESPACE)
            if fields:
                found.append(replace(planned, change=replace(change, fields=fields)))
    return tuple(found)


def _moves(fields: Iterable[FieldChange]) -> str | None:
    for field in fields:
        if field.path == NAMESPACE and isinstance(field.old, Known):
            old, new = _value(field.old), _value(field.new)
            return f"moves from {old} to {new}"
    return None


def _value(side: object) -> str:
    return _named(side.value if isinstance(side, Known) else None)


def _named(value: object) -> str:
    return "the default namespace" if value is None else f"namespace `{value}`"


def uncalled(
    changes: Iterable[Planned],
    documents: Iterable[DocumentChange],
    head: Project,
    name: str,
    broken: frozenset[Ref],
) -> Iterator[Break]:
    """Whoever calls what is made again, elsewhere or here; each document once, and none of those
    that are `broken` already."""
    told = set(broken)
    own = {each.ref: each for each in documents if each.verb == "changed"}
    for planned in changes:
        change = planned.change
        if not isinstance(change, Replace) or change.origin in told:
            continue
        serves = delete_effect(change.id.api, change.id.kind) is Effect.BREAKING
        breaks = serves or planned.impact is Effect.BREAKING
        if not breaks or (change.id.api, change.id.kind) in LOST_WITH:
            continue
        told.add(change.origin)
        who, why = f"whoever calls {change.origin}", change.why.partition(":")[0]
        if not serves:
            who = f"whoever uses {change.id}"
        if change.field == DEPLOYMENT_MODE:
            why = "it is made again to be deployed in another mode, and gets another address"
        elif change.field != NAMESPACE:
            why = f"it is made again: {why}"
        asked = own.get(change.origin)
        by_itself = asked is not None and (
            any(field.path[:2] == _MODE for field in asked.fields)
            if change.field == DEPLOYMENT_MODE
            else change.field != NAMESPACE
        )
        if asked is not None and by_itself:
            yield Break(who, change.origin, asked.at, why, (change.origin,))
        else:
            there = ("namespace",) if change.field == NAMESPACE else ("serving", "mode")
            at = head.root.at("spec", "environments", name, *there)
            yield Break(who, change.origin, at, why, (head.root.ref, change.origin))


_MODE = ("spec", "mode")


def less_stopped(changes: Iterable[Planned], base: Project) -> Iterator[Planned]:
    """With what is taken away of services that were stopped as no break: nobody called them."""
    for planned in changes:
        change = planned.change
        spec = base.specs.get(document_of(planned) or base.root.ref)
        taken = isinstance(change, Delete | Replace) and planned.impact is Effect.BREAKING
        if not taken or spec is None or not is_stopped(spec):
            yield planned
        else:
            most = Effect.RENDER if isinstance(change, Delete) else Effect.REDEPLOY
            yield replace(planned, impact=most)


def in_another_namespace(
    base: Project, head: Project, name: str, broken: frozenset[Ref]
) -> Iterator[Break]:
    """Whoever calls what the environment has in another namespace of a cluster now, by the
    documents alone: what a plan replaces by that is `uncalled`, too."""
    old, new = base.environment(name), head.environment(name)
    if old is None or new is None or {old.target, new.target} != {"kubeflow"}:
        return
    if old.namespace == new.namespace:
        return
    at = head.root.at("spec", "environments", name, "namespace")
    why = f"it moves from {_named(old.namespace)} to {_named(new.namespace)}"
    for ref in _serving(base, head, broken):
        yield Break(f"whoever calls {ref}", ref, at, why, (head.root.ref, ref))


def unreachable(base: Project, head: Project, name: str, broken: frozenset[Ref]) -> Iterator[Break]:
    """Whoever calls what another target serves now."""
    at = head.root.at("spec", "environments", name, "target")
    for ref in _serving(base, head, broken):
        because = (head.root.ref, ref)
        yield Break(f"whoever calls {ref}", ref, at, "it is on another target", because)


def _serving(base: Project, head: Project, broken: frozenset[Ref]) -> Iterator[Ref]:
    for ref in sorted(base.specs.keys() & head.specs.keys()):
        if ref.kind in _SERVING and ref not in broken and not is_stopped(base.specs[ref]):
            yield ref
