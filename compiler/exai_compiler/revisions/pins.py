"""`exai.lock` of two revisions: which aliases mean another version, and which services serve it.

In: two projects, an environment's name, the objects of the new one. Out: `DocumentChange`s, as of a
document `Lock/NAME` whose fields are the pins, and of the services that it reaches. No registry is
asked: an alias that only one side pins is what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from exai_compiler.build import Rendered
from exai_compiler.facts import Lock, ModelVersion, Pin
from exai_compiler.image_names import by_digest
from exai_compiler.judge import judge
from exai_compiler.object_images import images_in
from exai_compiler.pinned_images import pins_of
from exai_compiler.project import Project
from exai_compiler.revisions.documents import DocumentChange, SpecField, Verb, by_ref
from exai_specs.diagnostics import Span
from exai_specs.effects import Effect
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.kinds import ModelSpec, ServiceSpec
from exai_specs.values import replace

if TYPE_CHECKING:
    from exai_specs.lock import LockFile, Pinned

KIND = "Lock"


def with_pins(
    base: Project | None,
    head: Project,
    environment: str,
    changes: tuple[DocumentChange, ...],
    objects: tuple[Rendered, ...],
) -> tuple[DocumentChange, ...]:
    """The changes, with those of the lock and what they reach, sorted by identity."""
    old, new = _pins(base, environment), _pins(head, environment)
    moved = [
        key for key in sorted({*old, *new}) if _deciding(old.get(key)) != _deciding(new.get(key))
    ]
    was = pins_of(base, environment) if base is not None else {}
    now = pins_of(head, environment)
    images = [image for image in sorted({*was, *now}) if was.get(image) != now.get(image)]
    measured = {
        key: text
        for key in sorted(old.keys() & new.keys())
        if old[key].metrics != new[key].metrics and (text := _missed(head, key, new[key]))
    }
    if not moved and not images and not measured:
        return changes
    lock = Ref(KIND, environment)
    served = _served(objects) if images else frozenset()
    fields = tuple(
        SpecField(
            ("images", image),
            was.get(image),
            now.get(image),
            effect=Effect.REDEPLOY if by_digest(image, now) in served else Effect.RENDER,
            at=_place(base, head, environment, "images", image),
        )
        for image in images
    )
    fields += tuple(
        SpecField(
            ("models", key),
            *_told(old.get(key), new.get(key)),
            effect=Effect.REDEPLOY,
            at=_place(base, head, environment, "models", key),
        )
        for key in moved
    )
    fields += tuple(
        SpecField(
            ("models", key, "metrics", metric),
            old[key].metrics.get(metric),
            new[key].metrics.get(metric),
            effect=Effect.METADATA,
            at=_place(base, head, environment, "models", key),
        )
        for key in measured
        for metric in sorted({*old[key].metrics, *new[key].metrics})
        if old[key].metrics.get(metric) != new[key].metrics.get(metric)
    )
    before, after = (bool(old) or bool(was)), (bool(new) or bool(now))
    verb: Verb = "changed" if before and after else "added" if after else "removed"
    found = dict(by_ref(changes))
    impact = max(each.effect for each in fields)
    notes = dict.fromkeys((*_same_files(moved, old, new), *measured.values()))
    note = "; ".join(notes)
    found[lock] = DocumentChange(lock, verb, impact, (lock,), fields, fields[0].at, note)
    for spec, service in head.bodies(ServiceSpec):
        asked = [reference for _, reference in service.references if reference in moved]
        if not asked:
            continue
        own = found.get(spec.ref)
        because = (lock, spec.ref)
        note = "" if all(each in new for each in asked) else _UNPINNED
        if own is None:
            at = spec.at("metadata", "name")
            own = DocumentChange(spec.ref, "affected", Effect.REDEPLOY, because, (), at)
        elif own.impact < Effect.REDEPLOY:
            own = replace(own, impact=Effect.REDEPLOY, because=because)
        found[spec.ref] = replace(own, note=own.note or note)
    return tuple(found[ref] for ref in sorted(found))


def _served(objects: Iterable[Rendered]) -> frozenset[str]:
    """The images of what is rolled out where one of them is another."""
    rolled = (each.body for each in objects if each.effect is Effect.REDEPLOY)
    return frozenset(image for body in rolled for _, image in images_in(body))


_UNPINNED = "it isn't rendered any more without its pin; what runs of it stays"


def _same_files(
    moved: Iterable[str], old: Mapping[str, Pinned], new: Mapping[str, Pinned]
) -> Iterator[str]:
    """The pins whose version is another, and whose files are said to be those of the old one."""
    for key in moved:
        was, now = old.get(key), new.get(key)
        if was is None or now is None or was.version == now.version or now.digest is None:
            continue
        if was.digest == now.digest:
            yield (
                f"`{key}` goes to version {now.version} with the digest of version {was.version}: "
                "both are one model, or the pin was changed by hand, and `exai lock` mends it"
            )


def _missed(head: Project, key: str, pin: Pinned) -> str:
    """The gates that a pinned version misses by the metrics that its pin has now."""
    model = key.partition("@")[0]
    body = head.body(ModelSpec, model)
    if body is None:
        return ""
    version = ModelVersion(model, pin.version, pin.uri, "", "", metrics=pin.metrics)
    missed = [
        f"{each.metric} ({each.rule} {each.limit:g})"
        for each in judge(version, body.gates).results
        if not each.passed and each.value is not None and each.limit is not None
    ]
    which = f"`{key}` is pinned to version {pin.version}, which misses its gates"
    return f"{which}: {', '.join(missed)}" if missed else ""


def pinned_services(project: Project, environment: str) -> frozenset[str]:
    """The services that serve what is pinned."""
    pins = _pins(project, environment)
    return frozenset(
        spec.ref.name
        for spec, service in project.bodies(ServiceSpec)
        if any(reference in pins for _, reference in service.references)
    )


def with_stays(
    documents: tuple[DocumentChange, ...], lock: Lock, environment: str
) -> tuple[DocumentChange, ...]:
    """With a note at each model that is trained anew and that a pin keeps as it is."""
    lock_ = Ref(KIND, environment)
    if any(each.ref == lock_ and each.impact > Effect.METADATA for each in documents):
        return documents
    stays: dict[str, list[str]] = {}
    for (model, at), pin in sorted(lock.pins.items()):
        if isinstance(pin, Pin) and not at.isdigit():
            stays.setdefault(model, []).append(f"`{at}` stays on version {pin.version}")
    return tuple(
        replace(each, note=f"{', '.join(stays[each.ref.name])}, pinned in exai.lock")
        if each.ref.kind == "Model"
        and each.impact is Effect.RETRAIN
        and each.ref.name in stays
        and not each.note
        else each
        for each in documents
    )


def _pins(project: Project | None, environment: str) -> Mapping[str, Pinned]:
    lock: LockFile | None = project.lock if project is not None else None
    found = lock.environments.get(environment) if lock is not None else None
    return found.models if found is not None else {}


def _deciding(pin: Pinned | None) -> tuple[int | str | None, ...]:
    """Of what the model is served; its run and its metrics are for people, until it
    misses a gate by them."""
    return (pin.version, pin.uri, pin.digest, pin.format) if pin is not None else ()


def _told(old: Pinned | None, new: Pinned | None) -> tuple[Json, Json]:
    """Both sides; their formats and digests too where nothing else differs."""
    closely = (
        old is not None and new is not None and (old.version, old.uri) == (new.version, new.uri)
    )
    return _words(old, closely), _words(new, closely)


def _words(pin: Pinned | None, closely: bool) -> str | None:
    if pin is None:
        return None
    format_ = f", {pin.format}" if pin.format is not None else ""
    more = f"{format_}, digest {(pin.digest or 'unknown')[:12]}" if closely else ""
    return f"version {pin.version}, {pin.uri}{more}"


def _place(base: Project | None, head: Project, environment: str, section: str, key: str) -> Span:
    """In the new lock; in the old one where the pin is gone."""
    for project in (head, base):
        if project is None or project.lock is None:
            continue
        found = project.lock.environments.get(environment)
        if found is not None and key in (found.images if section == "images" else found.models):
            return project.lock.at(environment, section, key)
    return head.root.at()
