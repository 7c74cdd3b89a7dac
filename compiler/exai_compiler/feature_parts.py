"""The documents that features need: views, what is behind them, datasets and entities.

In: a project, names of FeatureServices or views. Out: `Parts`. Judges nothing: what doesn't resolve
is left out.
"""

from __future__ import annotations

from collections.abc import Iterable

from exai_compiler.project import Project
from exai_specs.kinds import DatasetSpec, EntitySpec, FeatureServiceSpec, FeatureViewSpec
from exai_specs.values import frozen, replace


@frozen
class Parts:
    """The names of documents that belong together, each sorted.

    `views` are those over `datasets`, `transforms` those that a function makes.
    """

    services: tuple[str, ...]
    views: tuple[str, ...]
    transforms: tuple[str, ...]
    datasets: tuple[str, ...]
    entities: tuple[str, ...]


def parts_of(project: Project, services: Iterable[str] | None = None) -> Parts:
    """The documents that these services need; all of the project's, used or not, without any."""
    if services is None:
        wanted = [spec.ref.name for spec, _ in project.bodies(FeatureServiceSpec)]
        found = parts_behind(
            project, wanted, {s.ref.name for s, _ in project.bodies(FeatureViewSpec)}
        )
        every = tuple(spec.ref.name for spec, _ in project.bodies(EntitySpec))
        return replace(found, entities=every)
    bodies = {name: project.body(FeatureServiceSpec, name) for name in sorted(set(services))}
    known = {name: body for name, body in bodies.items() if body is not None}
    named = {entry.partition(":")[0] for body in known.values() for entry in body.features}
    return parts_behind(project, tuple(known), named)


def parts_behind(project: Project, services: Iterable[str], named: Iterable[str]) -> Parts:
    """These services and views, with all that the views need."""
    bodies: dict[str, FeatureViewSpec] = {}
    waiting = list(named)
    while waiting:
        name = waiting.pop()
        body = project.body(FeatureViewSpec, name)
        if body is None or name in bodies:
            continue
        bodies[name] = body
        waiting += body.transform.sources if body.transform is not None else ()
    datasets = {body.dataset or "" for body in bodies.values() if body.transform is None}
    entities = {entity for body in bodies.values() for entity in body.entities}
    return Parts(
        services=tuple(services),
        views=tuple(sorted(name for name, body in bodies.items() if body.transform is None)),
        transforms=tuple(sorted(name for name, body in bodies.items() if body.transform)),
        datasets=tuple(sorted(n for n in datasets if project.body(DatasetSpec, n) is not None)),
        entities=tuple(sorted(n for n in entities if project.body(EntitySpec, n) is not None)),
    )
