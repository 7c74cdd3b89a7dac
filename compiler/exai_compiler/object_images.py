"""Images in objects that are written out: Manifests, and patches.

In: a part of an object of Kubernetes. Out: its images with their paths, or the part with others. An
image is what a container names as one, and an `oci://` of a model. Elsewhere a key of that name may
mean anything, and an engine may fill in a text that is no reference: both stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from exai_compiler.image_names import OCI, REFERENCE

Path = tuple[str | int, ...]
# Lists of containers (core/v1 PodSpec), and blocks that are one (KServe's ModelSpec,
# ARTExplainerSpec and StorageContainerSpec).
_LISTS = ("containers", "ephemeralContainers", "initContainers")
_ONE = ("art", "container", "model")
_URIS = ("storageUri", "uri")


def images_in(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Each, in the order of the text."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if _is_image(path, str(key), inner):
                yield (*path, str(key)), inner
            else:
                yield from images_in(inner, (*path, str(key)))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from images_in(inner, (*path, index))


def with_images(value: Any, named: Callable[[str], str], path: Path = ()) -> Any:
    """The same with the images that `named` gives for them; the very same where that changes
    nothing."""
    if isinstance(value, Mapping):
        made = {
            key: named(inner)
            if _is_image(path, str(key), inner)
            else with_images(inner, named, (*path, str(key)))
            for key, inner in value.items()
        }
        same = all(made[key] == inner for key, inner in value.items())
        return value if same else MappingProxyType(made)
    if isinstance(value, tuple):
        items = tuple(with_images(each, named, (*path, index)) for index, each in enumerate(value))
        return value if items == value else items
    return value


def _is_image(path: Path, key: str, value: object) -> bool:
    if not isinstance(value, str) or not REFERENCE.fullmatch(value.removeprefix(OCI)):
        return False
    if key in _URIS:
        return value.startswith(OCI)
    if key != "image" or not path:
        return False
    is_item = isinstance(path[-1], int) and path[-2:-1] != () and path[-2] in _LISTS
    return is_item or path[-1] in _ONE
