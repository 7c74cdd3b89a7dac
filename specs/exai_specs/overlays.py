"""A document as an environment has it: patches merged into it, every value with its origin.

In: a document as it was read, and the Overlay documents that patch it. Out: a document whose places
are where each value is written, in either file. Never: judging; kinds; which overlays belong to
which environment.

The merge is RFC 7386's (JSON Merge Patch): mappings are merged key by key, null deletes, and
everything else, lists included, replaces.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from types import MappingProxyType
from typing import NoReturn

from exai_specs.diagnostics import Span
from exai_specs.documents import Document, Path
from exai_specs.frozen import Json
from exai_specs.values import field, frozen

PATCH: Path = ("spec", "patch")
"""Where the patch stands in an Overlay's document."""

Origins = dict[Path, int]


@frozen
class PatchedDocument(Document):
    """A document with overlays merged into it, in their order.

    `path` is the base's file. `origins` says which overlay set or removed the value at a path, and
    with it all that is below, where no longer path says otherwise.
    """

    base: Document
    overlays: tuple[Document, ...]
    origins: Mapping[Path, int]
    listed: dict[int, tuple[list[Span], list[Path]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __reduce__(self) -> NoReturn:
        """A plain document would come back: who hands things over does such work himself."""
        raise TypeError("a document with overlays isn't handed over to another process")

    def at(self, path: Path = (), offset: int = 0) -> Span:
        if (emptied := self._emptied(path)) is not None:
            return self.key_at(emptied)
        document, inside = self._origin(path)
        return document.at(inside, offset)

    def key_at(self, path: Path) -> Span:
        document, inside = self._origin(path)
        return document.key_at(inside)

    def gap_at(self, path: Path) -> Span:
        return self.key_at(path if path in self.origins else path[:-1])

    def file_of(self, path: Path) -> str:
        return self.at(path).path

    def written(self, path: Path) -> str:
        document, inside = self._origin(path)
        return document.written(inside)

    @property
    def texts(self) -> tuple[str, ...]:
        return (*self.base.texts, *(text for each in self.overlays for text in each.texts))

    def patched(self, path: Path) -> bool:
        return self._origin(path)[0] is not self.base

    def added(self, path: Path) -> tuple[str, ...]:
        known = self.base.keys(path)
        below = (found[-1] for found in self.origins if found and found[:-1] == path)
        return tuple(str(key) for key in below if known and key not in known)

    def removed(self, path: Path) -> bool:
        return path[-1] in self.base.keys(path[:-1]) and path[-1] not in self.keys(path[:-1])

    @property
    def starts(self) -> tuple[Span, ...]:
        return (*self.base.starts, *(overlay.at(PATCH) for overlay in self.overlays))

    @property
    def patches(self) -> tuple[Span, ...]:
        return tuple([overlay.key_at(PATCH) for overlay in self.overlays])

    def onto(self, at: Span) -> Span | None:
        for overlay in self.overlays:
            if at.path != overlay.path:
                continue
            starts, paths = self._patched_by(overlay)
            above = bisect(starts, at)
            if above and starts[-1].line >= at.line:
                return self.base.key_at(paths[above - 1][2:])
        return None

    def _patched_by(self, overlay: Document) -> tuple[list[Span], list[Path]]:
        """Where each value of a patch starts, sorted, and the path of the last value of those that
        start until there: listed once, for all of the problems that are asked about."""
        found = self.listed.get(id(overlay))
        if found is None:
            nodes = [(path, start) for path, start in _nodes(overlay) if path[:2] == PATCH]
            # What stands there by an alias starts where that is written, above what is before it.
            order = sorted(range(len(nodes)), key=lambda number: nodes[number][1])
            starts = [nodes[number][1] for number in order]
            found = starts, [nodes[number][0] for number in accumulate(order, max)]
            self.listed[id(overlay)] = found
        return found

    def _emptied(self, path: Path) -> Path | None:
        """What was removed from a mapping that the base fills, and patches leave empty: there it is
        that it lacks something, for no line of the base's is left of it."""
        # The search goes through every path that is patched: last, and only where one is missing.
        if path in self.origins or self.keys(path) or not self.base.keys(path):
            return None
        return next((found for found in self.origins if found and found[:-1] == path), None)

    def _origin(self, path: Path) -> tuple[Document, Path]:
        """The document in which the value at a path is written, and its path there."""
        for length in range(len(path), 0, -1):
            number = self.origins.get(path[:length])
            if number is not None:
                return self.overlays[number], (*PATCH, *path)
        return self.base, path


def overlaid(
    document: Document, overlays: Iterable[Document], kept: Path | None = None
) -> Document:
    """The document with the patches of these Overlays, one after the other. Where they don't touch
    each other's paths the order makes no difference but that of new keys. What stands at the path
    `kept` stays as the document has it, whatever they say."""
    layers = tuple(overlays)
    if not layers:
        return document
    value: Json = document.value
    origins: Origins = {}
    for number, layer in enumerate(layers):
        value = _merged(value, patch_of(layer), (), number, origins, kept)
    assert isinstance(value, Mapping)  # noqa: S101 - a mapping merged into one
    return PatchedDocument(
        path=document.path,
        value=value,
        text=document.text,
        places=document.places,
        base=document,
        overlays=layers,
        origins=MappingProxyType(origins),
    )


def merged(target: Json, patch: Json) -> Json:
    """RFC 7386's MergePatch."""
    return _merged(target, patch, (), 0, {})


def patch_of(overlay: Document) -> Mapping[str, Json]:
    """The patch of an Overlay's document; empty where there is none."""
    spec = overlay.value.get("spec")
    patch = spec.get("patch") if isinstance(spec, Mapping) else None
    return patch if isinstance(patch, Mapping) else MappingProxyType({})


def touched(patch: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """The paths that a patch sets or removes, with what it says there."""
    if isinstance(patch, Mapping) and patch:
        for key, value in patch.items():
            yield from touched(value, (*path, key))
    elif path:
        yield path, patch


def _merged(
    target: Json, patch: Json, path: Path, number: int, origins: Origins, kept: Path | None = None
) -> Json:
    if not isinstance(patch, Mapping):
        origins[path] = number
        return patch
    if isinstance(target, Mapping):
        found = dict(target)
    else:
        found = {}
        origins[path] = number
    for key, value in patch.items():
        here = (*path, key)
        if here == kept:
            continue
        if value is not None:
            found[key] = _merged(found.get(key), value, here, number, origins, kept)
        elif key in found:
            del found[key]
            origins[here] = number
    return MappingProxyType(found)


def _nodes(document: Document) -> Iterator[tuple[Path, Span]]:
    """Every value of a document with its path and the place where its key starts, in order."""
    waiting: list[tuple[Path, Json]] = [((), document.value)]
    while waiting:
        path, value = waiting.pop()
        yield path, document.key_at(path) if path else document.at()
        inner: list[tuple[Path, Json]] = []
        if isinstance(value, Mapping):
            inner = [((*path, key), item) for key, item in value.items()]
        elif isinstance(value, tuple):
            inner = [((*path, index), item) for index, item in enumerate(value)]
        waiting += reversed(inner)
