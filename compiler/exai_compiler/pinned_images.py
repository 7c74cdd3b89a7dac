"""Images by tag, and the digests that `exai.lock` pins for them in one environment.

In: a project, an environment's name, the components. Out: which images move under their names
there and where each stands, or the project and the components with the pinned ones by digest;
those of containers in Manifests and patches, too. Asks no registry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from exai_compiler.catalog import Catalog
from exai_compiler.graphs import graphs_of
from exai_compiler.image_names import OCI, REFERENCE, by_digest
from exai_compiler.object_images import images_in, with_images
from exai_compiler.project import Project
from exai_specs.diagnostics import Span
from exai_specs.expressions import has_expression
from exai_specs.frozen import empty
from exai_specs.kinds import Environment, ProjectSpec
from exai_specs.kinds.environment import Images
from exai_specs.parse import Spec
from exai_specs.values import fields, is_dataclass, replace

Path = tuple[str | int, ...]
# Fields that hold objects of Kubernetes, or parts of them.
_OBJECTS = ("manifest", "patches")


def pins_of(project: Project, environment: str) -> Mapping[str, str]:
    """The digest of each image by tag, as the lock has it."""
    found = project.lock.environments.get(environment) if project.lock is not None else None
    return found.images if found is not None else empty()


def moving_images(
    project: Project, name: str, environment: Environment, catalog: Catalog
) -> Mapping[str, Span]:
    """Every image by tag that the environment pulls, sorted, with the first place of each."""
    found: dict[str, Span] = {}
    for field in ("train", "serve"):
        image = getattr(environment.images, field)
        if image is not None and _moves(image):
            at = project.root.at("spec", "environments", name, "images", field)
            found.setdefault(image, at)
    for spec in _named(project):
        for image in _images(spec.body):
            if _moves(image):
                found.setdefault(image.removeprefix(OCI), _place(spec, image))
    for graph in graphs_of(project, catalog).values():
        for step in graph.steps.values():
            if step.spec.component_file and step.component and _moves(step.component.image):
                at = project.specs[graph.pipeline].at(*step.path, "uses")
                found.setdefault(step.component.image, at)
    return MappingProxyType(dict(sorted(found.items())))


def with_digests(
    project: Project, name: str, environment: Environment, catalog: Catalog
) -> tuple[Project, Environment, Catalog]:
    """The same, with what is pinned there by digest."""
    pins = pins_of(project, name)
    if not pins:
        return project, environment, catalog
    mine = {id(spec): replace(spec, body=_pinned(spec.body, pins)) for spec in _named(project)}
    specs = {ref: mine.get(id(spec), spec) for ref, spec in project.specs.items()}
    everything = tuple(mine.get(id(spec), spec) for spec in project.all)
    train, serve = (
        None if image is None else by_digest(image, pins)
        for image in (environment.images.train, environment.images.serve)
    )
    fresh = replace(project, specs=MappingProxyType(specs), all=everything, like=None)
    whole = replace(environment, images=Images(train=train, serve=serve))
    return fresh, whole, replace(catalog, pins=pins)


def _named(project: Project) -> Iterator[Spec]:
    for spec in project.all:
        if not isinstance(spec.body, ProjectSpec):
            yield spec


def _moves(image: str) -> bool:
    name = image.removeprefix(OCI)
    return not has_expression(name) and "@" not in name and REFERENCE.fullmatch(name) is not None


def _is_image(name: str, value: object) -> bool:
    if not isinstance(value, str):
        return False
    return name == "image" or (name in ("uri", "storageUri") and value.startswith(OCI))


def _images(value: Any) -> Iterator[str]:
    if is_dataclass(value):
        for field in fields(value):
            inner = getattr(value, field.name)
            if field.name in _OBJECTS:
                yield from (image for _, image in images_in(inner))
            elif _is_image(field.name, inner):
                yield inner
            else:
                yield from _images(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _images(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _images(inner)


def _pinned(value: Any, pins: Mapping[str, str]) -> Any:
    """The very same value where nothing in it is pinned."""
    if is_dataclass(value) and not isinstance(value, type):
        changed = {}
        for field in fields(value):
            inner = getattr(value, field.name)
            if field.name in _OBJECTS:
                new = with_images(inner, lambda image: by_digest(image, pins))
            elif _is_image(field.name, inner):
                new = by_digest(inner, pins)
            else:
                new = _pinned(inner, pins)
            if new is not inner and new != inner:
                changed[field.name] = new
        return replace(value, **changed) if changed else value
    if isinstance(value, Mapping):
        made = {key: _pinned(inner, pins) for key, inner in value.items()}
        same = all(made[key] is inner for key, inner in value.items())
        return value if same else MappingProxyType(made)
    if isinstance(value, tuple):
        items = tuple(_pinned(inner, pins) for inner in value)
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


def _place(spec: Spec, image: str) -> Span:
    path = next(_paths(spec.document.value, image, ()), ("metadata", "name"))
    return spec.at(*path)


def _paths(value: object, image: str, path: Path) -> Iterator[Path]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if inner == image and _is_image(str(key), inner):
                yield (*path, str(key))
            else:
                yield from _paths(inner, image, (*path, str(key)))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _paths(inner, image, (*path, number))
