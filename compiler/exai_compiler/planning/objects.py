"""Objects: made, changed, replaced, deleted.

One rendered object at a time, by the tables of `rules`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.build import Build, Live, Observed, Rendered
from exai_compiler.changes import Create, Delete, FieldChange, ObjectId, Planned, Replace, Update
from exai_compiler.maybe import Tree, Unknown
from exai_compiler.planning.diff import diff
from exai_compiler.planning.rules import (
    DECIDING,
    DELETE_WAVE,
    LOST_WITH,
    METADATA,
    MUTABLE_ONLY,
    RETAINED,
    FieldPath,
    delete_effect,
    immutable,
    object_wave,
    remade_effect,
    starts_with,
)
from exai_compiler.planning.shrinking import shrinks
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.values import replace

Ordered = tuple[int, Planned]
Extra = tuple[ObjectId, Live]
Leaves = Mapping[ObjectId, tuple[Unknown, ...]]  # what isn't known of each object, if anything


def plan_objects(
    build: Build, observed: Observed, coming: frozenset[Ref], leaves: Leaves
) -> Iterator[Ordered]:
    """What has to happen to objects, so that `observed` becomes `build`; `coming`: models that a
    planned run registers."""
    for rendered in build.objects:
        open_leaves = leaves.get(rendered.id, ())
        if any(leaf.waits_for not in coming for leaf in open_leaves):
            continue
        live = observed.objects.get(rendered.id)
        if open_leaves and live is not None:
            # What doesn't wait for the run is done now, with what the model is now.
            meanwhile = replace(rendered, body=_filled(rendered.body, live.body))
            if (now := _change(meanwhile, live, (), build)) is not None:
                yield object_wave(rendered.wave), now
            live = replace(live, drift=())
        planned = _change(rendered, live, open_leaves, build)
        if planned is not None:
            yield object_wave(rendered.wave), planned
    stay = frozenset(rendered.origin for rendered in build.objects)
    for id_, live in _surplus(build, observed, stay):
        effect = delete_effect(id_.api, id_.kind)
        why = _with_loss(id_, f"{live.origin} no longer asks for it")
        history = id_.kind in RETAINED and _is_named_by_content(live.origin)
        if history and live.origin in stay:
            effect, why = Effect.METADATA, f"older than the newest {RETAINED[id_.kind]}"
        yield DELETE_WAVE, Planned(Delete(id_, why), 1, effect, (live.origin,))


def _filled(tree: Tree, live: Tree) -> Tree:
    """A body whose open leaves are what the live object has there."""
    if isinstance(tree, Unknown):
        return live
    if isinstance(tree, Mapping):
        there = live if isinstance(live, Mapping) else {}
        return MappingProxyType({k: _filled(v, there.get(k)) for k, v in tree.items()})
    if isinstance(tree, tuple):
        items = live if isinstance(live, tuple) and len(live) == len(tree) else (None,) * len(tree)
        return tuple(_filled(v, old) for v, old in zip(tree, items, strict=True))
    return tree


def waiting(leaves: Leaves, coming: frozenset[Ref]) -> Iterator[Unknown]:
    """What no action of this plan can bring about."""
    for open_leaves in leaves.values():
        for leaf in open_leaves:
            if leaf.waits_for not in coming:
                yield leaf


def _change(
    rendered: Rendered, live: Live | None, open_leaves: tuple[Unknown, ...], build: Build
) -> Planned | None:
    number = 2 if open_leaves else 1
    only_if = open_leaves[0].waits_for if open_leaves else None
    because = build.chains.get(rendered.origin, ())
    if live is None:
        create = Create(rendered.id, rendered.origin, rendered.body, only_if)
        return Planned(create, number, rendered.effect, because)
    changed = tuple(diff(live.body, rendered.body))
    fields = (*changed, *live.drift)
    fixed = immutable(rendered.id.api, rendered.id.kind)
    frozen = [
        each for each in fields if starts_with(each.path, fixed) or shrinks(rendered.id, each)
    ]
    if (only := MUTABLE_ONLY.get(rendered.id.kind)) is not None:
        if not _is_named_by_content(rendered.origin):
            only = (*only, METADATA)
            frozen = [field for field in changed if not starts_with(field.path, only)]
        fields = tuple(field for field in fields if starts_with(field.path, only))
    if not fields and not frozen:
        return None
    if frozen:
        path = ".".join(map(str, frozen[0].path))
        how = "shrink" if shrinks(rendered.id, frozen[0]) else "change"
        why = _with_loss(rendered.id, f"{path} can't {how} in place")
        replace = Replace(rendered.id, rendered.id, rendered.origin, why, frozen[0].path)
        # Whoever uses a thing of which nothing else is known has to do without it for a while.
        impact = remade_effect(rendered.id.api, rendered.id.kind, Effect.BREAKING)
        return Planned(replace, number, impact, because)
    update = Update(rendered.id, rendered.origin, rendered.body, fields, only_if)
    return Planned(update, number, _impact(rendered, fields), because)


def _is_named_by_content(origin: Ref) -> bool:
    """Whether exai gives its objects another name with another content; who writes one out names
    it, too."""
    return origin.kind != "Manifest"


def _with_loss(which: ObjectId, why: str) -> str:
    lost = LOST_WITH.get((which.api, which.kind))
    return f"{why}; {lost}" if lost else why


def _impact(rendered: Rendered, fields: tuple[FieldChange, ...]) -> Effect:
    return max(_means(rendered, field.path) for field in fields)


def _means(rendered: Rendered, path: FieldPath) -> Effect:
    if path[:1] == ("metadata",):
        return rendered.effect if path[1:] in DECIDING else Effect.METADATA
    # `spec.replicas`, `spec.predictor.minReplicas`, `spec.canary[0].trafficPercent`; the nodes of
    # a graph have names of their own.
    inside = {"nodes": 0, "canary": 4}.get(str(path[1]) if len(path) > 1 else "", 3)
    is_light = not rendered.light.isdisjoint(path[1:inside])
    return min(Effect.RENDER, rendered.effect) if is_light else rendered.effect


def _surplus(build: Build, observed: Observed, stay: frozenset[Ref]) -> Iterator[Extra]:
    """What nothing asks for any more, but for what is retained of a document that stays."""
    wanted = {rendered.id for rendered in build.objects}
    # What this plan makes counts, too: the plan after it must be empty.
    made = Counter((o.id.kind, o.origin) for o in build.objects if o.id not in observed.objects)
    kept: dict[tuple[str, Ref], list[tuple[int, ObjectId]]] = {}
    for id_, live in observed.objects.items():
        if id_.kind in RETAINED and _is_named_by_content(live.origin):
            kept.setdefault((id_.kind, live.origin), []).append((live.sequence, id_))
    for group, siblings in kept.items():
        siblings.sort(reverse=True)
        del siblings[max(0, RETAINED[group[0]] - made[group]) :]
    for id_, live in sorted(observed.objects.items(), key=lambda item: item[0]):
        if id_ in wanted:
            continue
        newest = kept.get((id_.kind, live.origin), ()) if live.origin in stay else ()
        if (live.sequence, id_) not in newest:
            yield id_, live
