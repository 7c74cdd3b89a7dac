"""`exai.lock` as one environment reads it.

In: a project with its lock, an environment's name. Out: a `Lock`, or its differences from another
revision's as documents have them. Judges nothing: the check `lock` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from exai_compiler.facts import Lock, Pin
from exai_compiler.maybe import Unknown
from exai_compiler.project import Project
from exai_specs.identity import Ref
from exai_specs.kinds import ServiceSpec

if TYPE_CHECKING:
    from exai_specs.lock import Pinned

_WHICH = "which version `{}` is, only the registry says"
_WHAT = "what version {} is, only the registry says"
_UNPINNED = f"{_WHICH}, since exai.lock doesn't"


def lock_of(project: Project, environment: str, *others: Project) -> Lock:
    """The pins of an environment. What only one of the `others` pins is Unknown here: a comparison
    asks no registry what the alias means without the pin, nor what one is to which a service moves
    between them. A version that either pins by another name is that one."""
    mine = _pinned(project, environment)
    pins: dict[tuple[str, str], Pin | Unknown] = {}
    for other in others:
        for model, at in _moved(project, other):
            pins[model, at] = _by_number(model, at, environment, project, other)
    for other in others:
        for key in _pinned(other, environment):
            model, _, at = key.partition("@")
            pins[model, at] = Unknown(Ref("Model", model), _UNPINNED.format(at))
    for key, pin in sorted(mine.items()):
        model, _, at = key.partition("@")
        pins[model, at] = _pin(pin)
    return Lock(MappingProxyType(pins))


def _pin(pin: Pinned) -> Pin:
    return Pin(
        version=pin.version,
        digest=pin.digest or "",
        uri=pin.uri,
        format=pin.format or "",
        run_key=pin.run_key or "",
        metrics=pin.metrics,
    )


def _moved(project: Project, other: Project) -> Iterator[tuple[str, str]]:
    """What services ask for here, and for something else there."""
    for spec, service in project.bodies(ServiceSpec):
        there = other.body(ServiceSpec, spec.ref.name)
        if there is None:
            continue
        asked = {reference for _, reference in there.references}
        for _, reference in service.references:
            model, at_sign, at = reference.partition("@")
            if at_sign and reference not in asked:
                yield model, at


def _by_number(model: str, at: str, environment: str, *projects: Project) -> Pin | Unknown:
    """The version with this number, of which a pin of another alias says all."""
    for project in projects:
        for key, pin in sorted(_pinned(project, environment).items()):
            if key.partition("@")[0] == model and str(pin.version) == at and pin.digest:
                return _pin(pin)
    return Unknown(Ref("Model", model), (_WHAT if at.isdigit() else _WHICH).format(at))


def _pinned(project: Project, environment: str) -> Mapping[str, Pinned]:
    found = project.lock.environments.get(environment) if project.lock is not None else None
    return found.models if found is not None else {}
