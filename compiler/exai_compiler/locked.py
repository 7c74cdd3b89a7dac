"""`exai.lock` as one environment reads it.

In: a project with its lock, an environment's name. Out: a `Lock`, or its differences from another
revision's as documents have them. Judges nothing: the check `lock` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from exai_compiler.facts import Lock, Pin
from exai_compiler.maybe import Unknown
from exai_compiler.project import Project
from exai_specs.identity import Ref

if TYPE_CHECKING:
    from exai_specs.lock import Pinned

UNPINNED = "what the registry says, since exai.lock doesn't"


def lock_of(project: Project, environment: str, *others: Project) -> Lock:
    """The pins of an environment. What only one of the `others` pins is Unknown here: a comparison
    asks no registry what the alias means without the pin."""
    mine = _pinned(project, environment)
    pins: dict[tuple[str, str], Pin | Unknown] = {}
    for other in others:
        for key in _pinned(other, environment):
            model, _, at = key.partition("@")
            pins[model, at] = Unknown(Ref("Model", model), UNPINNED)
    for key, pin in sorted(mine.items()):
        model, _, at = key.partition("@")
        pins[model, at] = Pin(
            version=pin.version,
            digest=pin.digest or "",
            uri=pin.uri,
            format=pin.format or "",
            run_key=pin.run_key or "",
            metrics=pin.metrics,
        )
    return Lock(MappingProxyType(pins))


def _pinned(project: Project, environment: str) -> Mapping[str, Pinned]:
    found = project.lock.environments.get(environment) if project.lock is not None else None
    return found.models if found is not None else {}
