"""`entity-mismatch` at an entity whose key none of the datasets behind its views has: one mistake,
and there, whoever asks for the entity.

In: a project. Out: a diagnostic for each such entity, and whether one is told so.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.feature_views import key_of
from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import DatasetSpec, EntitySpec, FeatureViewSpec
from exai_specs.parse import Spec
from exai_specs.types import Type

_MOST = 3  # datasets that are shown


def told_at_entity(project: Project, name: str) -> bool:
    """Whether the entity itself is said to be wrong: nobody need say more of its key."""
    return bool(wrong_keys(project, name))


def wrong_keys(project: Project, name: str) -> tuple[Diagnostic, ...]:
    """What is wrong with the key of an entity, in all datasets behind its views alike."""
    return project.once(("wrong keys", name), lambda: tuple(_wrong_keys(project, name)))


def _wrong_keys(project: Project, name: str) -> Iterator[Diagnostic]:
    spec, entity = project.find("Entity", name), project.body(EntitySpec, name)
    datasets = _behind(project).get(name, {})
    if spec is None or entity is None or not datasets:
        return
    key = key_of(name, entity)
    found = [_type_in(each, key.column) for each in datasets.values()]
    shown = list(datasets.values())[:_MOST]
    if not any(found):
        known = set.intersection(*(set(_columns(each)) for each in datasets.values()))
        names = " and ".join(f"`{each.ref.name}`" for each in shown)
        names += " and others" if len(datasets) > _MOST else ""
        has = "has" if len(datasets) == 1 else "have"
        yield Diagnostic(
            "entity-mismatch",
            f"Dataset {names} {has} no column `{key.column}`, the key of `{name}`",
            spec.at("spec", "key") if entity.key else spec.at("metadata", "name"),
            hint=did_you_mean(key.column, known, "add it, or write the entity's `key`"),
            related=(
                *(("the dataset's columns", each.key_at("spec", "schema")) for each in shown),
                *(("a view of it", view.at("spec", "entities")) for view in _views(project, name)),
            ),
        )
    elif len({str(each) for each in found}) == 1 and found[0] != key.type:
        yield Diagnostic(
            "entity-mismatch",
            f"keys of `{name}` are {key.type}, but `{key.column}` is {found[0]} in "
            f"Dataset `{shown[0].ref.name}`",
            spec.at("spec", "type"),
            hint="make them the same: rows of one are looked up by keys of the other",
            related=tuple(
                ("the column", each.key_at("spec", "schema", key.column)) for each in shown
            ),
        )


def _views(project: Project, entity: str) -> Iterator[Spec]:
    """The first of the views of an entity."""
    found = (spec for spec, view in project.bodies(FeatureViewSpec) if entity in view.entities)
    return islice(found, 1)


def _behind(project: Project) -> dict[str, dict[str, Spec]]:
    """The datasets of the views of each entity."""
    return project.once("datasets of entities", lambda: _found_behind(project))


def _found_behind(project: Project) -> dict[str, dict[str, Spec]]:
    found: dict[str, dict[str, Spec]] = {}
    for _, view in project.bodies(FeatureViewSpec):
        dataset = project.find("Dataset", view.dataset) if view.dataset else None
        for name in view.entities if dataset is not None else ():
            assert dataset is not None  # noqa: S101 - there is none to go through otherwise
            found.setdefault(name, {})[dataset.ref.name] = dataset
    return found


def _columns(dataset: Spec) -> tuple[str, ...]:
    return tuple(dataset.body.schema) if isinstance(dataset.body, DatasetSpec) else ()


def _type_in(dataset: Spec, column: str) -> Type | None:
    body = dataset.body
    found = body.schema.get(column) if isinstance(body, DatasetSpec) else None
    return found.type if found is not None else None
