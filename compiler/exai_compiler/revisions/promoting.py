"""What a change of a model's gates, or of who moves its aliases, does at the next apply.

In: both revisions resolved, the documents that a change reaches, the models that a run of this plan
registers. Out: the same documents, with what happens to the aliases at each such Model, and the
services that follow one which may move. Which version that is, only a registry tells: offline it is
said, and no action of a plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from exai_compiler.facts import Pin
from exai_compiler.judge import gates_digest
from exai_compiler.resolve import auto_aliases
from exai_compiler.resolved import Resolved
from exai_compiler.revisions.documents import DocumentChange, by_ref
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.kinds import Gate, ModelSpec, ServiceSpec
from exai_specs.values import replace


def with_promotions(
    documents: tuple[DocumentChange, ...], old: Resolved, new: Resolved, coming: frozenset[str]
) -> tuple[DocumentChange, ...]:
    """Sorted by identity. `coming` are the models of which a run of this plan makes a version: that
    one is judged, and the plan has what comes of it. What stands behind the aliases of a model that
    is to be trained anew, and isn't here, stays: no older version is what the specs ask for."""
    found = dict(by_ref(documents))
    moves: dict[str, set[str]] = {}
    anew = _trained_anew(old, new) - coming
    for each in documents:
        was = old.project.body(ModelSpec, each.ref.name) if each.ref.kind == "Model" else None
        if was is not None and was.source is None and each.verb == "removed":
            found[each.ref] = replace(each, note=_STAYS)
        now = new.project.body(ModelSpec, each.ref.name) if was is not None else None
        if was is None or now is None or now.source is not None or each.verb != "changed":
            continue
        name = each.ref.name
        auto = set(auto_aliases(now, new.environment))
        before = set(auto_aliases(was, old.environment))
        pins = {
            at: pin.version
            for at in now.aliases
            if isinstance(pin := new.lock.pins.get((name, at)), Pin)
        }
        notes = list(
            _of_aliases(sorted(now.aliases.keys() & was.aliases), before, auto, pins, name in anew)
        )
        moving = {at for at in (auto - before) & was.aliases.keys() if at not in pins}
        if gates_digest(was.gates) != gates_digest(now.gates) and name not in coming:
            follows = sorted(at for at in auto if at not in pins)
            by_hand = sorted(at for at in now.aliases if at not in pins and at not in auto)
            if "pinned" not in each.note:
                notes += [_pinned(at, pins) for at in sorted(pins)]
            if name in anew:
                notes.append("the gates judge what its next run registers")
            else:
                notes.append(_of_gates(was.gates, now.gates, follows, by_hand))
            if _may_pass(was.gates, now.gates):
                moving.update(follows)
        if notes:
            note = "; ".join(dict.fromkeys((each.note, *notes) if each.note else notes))
            found[each.ref] = replace(each, note=note)
        if moving and name not in coming and name not in anew:
            moves[name] = moving
            own = found[each.ref]  # an apply may do something, whoever follows
            found[each.ref] = replace(own, impact=max(own.impact, Effect.RENDER))
    if moves:
        _follow(found, moves, new)
    return tuple(found[ref] for ref in sorted(found))


_STAYS = "its versions and aliases stay in the registry"


def _trained_anew(old: Resolved, new: Resolved) -> frozenset[str]:
    """The models that pipelines which mean something else now register."""
    return frozenset(
        model
        for model, makers in new.producers.items()
        if any(old.meanings.get(each) != new.meanings.get(each) for each in makers)
    )


def _of_aliases(
    aliases: Iterable[str],
    before: set[str],
    after: set[str],
    pins: Mapping[str, int],
    is_anew: bool,
) -> Iterator[str]:
    for at in aliases:
        if (at in before) == (at in after):
            continue
        if at in pins:
            yield _pinned(at, pins)
        elif at in after:
            when, which = "apply", "the newest version"
            if is_anew:
                when, which = "run", "what that registers"
            where = f"to {which} where it passes the gates"
            yield f"from the next {when} on `{at}` moves by itself, {where}"
        else:
            yield f"no apply moves `{at}` any more: it stays where it is until a person moves it"


def _pinned(at: str, pins: Mapping[str, int]) -> str:
    return f"`{at}` stays on version {pins[at]}, pinned in exai.lock"


def _of_gates(
    before: Mapping[str, Gate],
    after: Mapping[str, Gate],
    follows: Iterable[str],
    by_hand: Iterable[str],
) -> str:
    judged = "the next apply judges the newest version again by its recorded metrics, without a run"
    moved = " and ".join(f"`{each}`" for each in follows)
    if not moved:
        people = ", ".join(f"`{each}`" for each in by_hand)
        return f"{judged}, and moves no alias{f': people move {people}' if people else ''}"
    if not _may_pass(before, after):
        return f"{judged}: where it misses now, {moved} stays where it is"
    return f"{judged}: where it missed and passes now, {moved} moves to it"


def _may_pass(before: Mapping[str, Gate], after: Mapping[str, Gate]) -> bool:
    """Whether what missed may pass: a gate is gone, or asks for less."""
    return any(
        metric not in after or _is_looser(gate, after[metric]) for metric, gate in before.items()
    )


def _is_looser(before: Gate, after: Gate) -> bool:
    least = before.min is not None and (after.min is None or after.min < before.min)
    most = before.max is not None and (after.max is None or after.max > before.max)
    champion = before.no_worse_than is not None and (
        after.no_worse_than != before.no_worse_than or after.tolerance > before.tolerance
    )
    return least or most or champion


def _follow(
    found: dict[Ref, DocumentChange], moves: Mapping[str, set[str]], head: Resolved
) -> None:
    """The services that serve what an alias means which may move; `moves` are those of each
    model. One pass for all: there may be as many models as services."""
    for spec, service in head.project.bodies(ServiceSpec):
        asked = (reference.partition("@") for _, reference in service.references)
        mine = [(name, at) for name, _, at in asked if at in moves.get(name, ())]
        own = found.get(spec.ref)
        if not mine or (own is not None and own.impact >= Effect.REDEPLOY):
            continue
        model = Ref("Model", mine[0][0])
        because = (model, spec.ref)
        if own is None:
            note = f"if {' or '.join(f'`{at}`' for at in sorted({at for _, at in mine}))} moves"
            at = spec.at("metadata", "name")
            own = DocumentChange(spec.ref, "affected", Effect.REDEPLOY, because, (), at, note)
        found[spec.ref] = replace(own, impact=Effect.REDEPLOY, because=because)
        found[model] = replace(found[model], impact=max(found[model].impact, Effect.REDEPLOY))
