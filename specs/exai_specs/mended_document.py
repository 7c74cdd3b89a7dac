"""A document that is read otherwise than it is written.

In: a document, and what is to be read otherwise in it. Out: that document, whose places are those
of what is written. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

from exai_specs.diagnostics import Span
from exai_specs.documents import Document, Path
from exai_specs.frozen import Json
from exai_specs.kinds import API_VERSION
from exai_specs.mending_edits import Edit
from exai_specs.overlays import PatchedDocument
from exai_specs.values import frozen


@frozen
class Flaws:
    """What a document lacks by its YAML: the paths of values that are `wrong`, or stand there more
    than once; `holes`, those of mappings of which a key isn't in the value; the words of what was
    `passed` over."""

    wrong: frozenset[Path] = frozenset()
    holes: frozenset[Path] = frozenset()
    passed: tuple[str, ...] = ()


class Edits:
    """What is other than in the document, by the paths there."""

    def __init__(self, flaws: Flaws) -> None:
        self.flaws = flaws
        self.renamed: dict[Path, str] = {}
        self.replaced: dict[Path, Json] = {}
        self.gone: set[Path] = {*flaws.wrong}
        self.supposed: dict[Path, str] = {}  # words in the place of some that are gone

    def meant(self, path: Path) -> Path:
        """A path of the document, with the keys that were meant."""
        return tuple([self.renamed.get(path[: n + 1], part) for n, part in enumerate(path)])

    def take(self, edit: Edit, path: Path) -> None:
        """What has been tried before is left out."""
        if edit.key and path not in self.renamed:
            self.renamed[path] = edit.key
        elif edit.value is not None and path not in self.replaced:
            self.replaced[path] = edit.value
        else:
            self.gone.add(path)


@frozen
class MendedDocument(Document):
    """A document with some of its keys called otherwise, and without some of its values.

    Places are those of `base`, the document as it is written, and so are the paths of what is
    `gone`, and of the `holes` and of the `doubtful` values that its YAML has. `moved` says of a
    path's last part what it is there, where that differs, and `guessed` are the paths of values in
    whose place stands what was probably meant.
    """

    base: Document
    moved: Mapping[Path, str | int]
    gone: frozenset[Path]
    holes: frozenset[Path]
    doubtful: frozenset[Path]
    guessed: frozenset[Path]

    def __reduce__(self) -> NoReturn:
        """A plain document would come back: who hands things over does such work himself."""
        raise TypeError("a mended document isn't handed over to another process")

    def original(self, path: Path) -> Path:
        """The path in the document as it is written."""
        return tuple([self.moved.get(path[: n + 1], part) for n, part in enumerate(path)])

    def around(self) -> frozenset[Path]:
        """The paths, in the document as it is written, of what something was left out of."""
        paths = self.gone | self.holes
        return frozenset([path[:n] for path in paths for n in range(1, len(path) + 1)])

    def damaged(self) -> frozenset[Span]:
        """The places of the keys, and of the items of lists, of what something was left out of."""
        before = mended_in(self.base)
        inner = before.damaged() if before is not None else frozenset[Span]()
        return inner.union(map(self.base.key_at, self.around()))

    def guesses(self) -> frozenset[Span]:
        """The places of what was guessed."""
        before = mended_in(self.base)
        inner = before.guesses() if before is not None else frozenset[Span]()
        return inner.union(map(self.base.at, self.guessed))

    def at(self, path: Path = (), offset: int = 0) -> Span:
        return self.base.at(self.original(path), offset)

    def key_at(self, path: Path) -> Span:
        return self.base.key_at(self.original(path))

    def gap_at(self, path: Path) -> Span:
        return self.base.gap_at(self.original(path))

    def file_of(self, path: Path) -> str:
        return self.base.file_of(self.original(path))

    def written(self, path: Path) -> str:
        return self.base.written(self.original(path))

    def patched(self, path: Path) -> bool:
        return self.base.patched(self.original(path))

    def added(self, path: Path) -> tuple[str, ...]:
        return self.base.added(self.original(path))

    def onto(self, at: Span) -> Span | None:
        return self.base.onto(at)

    @property
    def patches(self) -> tuple[Span, ...]:
        return self.base.patches

    @property
    def texts(self) -> tuple[str, ...]:
        return self.base.texts

    @property
    def starts(self) -> tuple[Span, ...]:
        return self.base.starts


def mended_in(document: Document) -> MendedDocument | None:
    """The one that this is, or that overlays are merged into."""
    base = document.base if isinstance(document, PatchedDocument) else document
    return base if isinstance(base, MendedDocument) else None


def lost_at(document: Document, path: Path) -> bool:
    """Whether what stands at a path, or something in it, was left out for being wrong."""
    while (left := mended_in(document)) is not None:
        path = left.original(path)
        gone = left.gone | left.holes
        if path in left.around() or any(path[:n] in gone for n in range(1, len(path))):
            return True
        document = left.base
    return False


def edited(document: Document, kind: str, edits: Edits) -> MendedDocument:
    """A document of a kind with its values so."""
    moved: dict[Path, str | int] = {}
    gone: set[Path] = set()  # of those that are there, supposed ones with them

    def copied(value: Json, original: Path, path: Path) -> Json:
        value = edits.supposed.get(original, edits.replaced.get(original, value))
        if isinstance(value, Mapping):
            found: dict[str, Json] = {}
            for key, inner in value.items():
                here = (*original, key)
                if here in edits.gone:
                    gone.add(here)
                if here not in edits.gone or here in edits.supposed:
                    name = edits.renamed.get(here, key)
                    if name != key:
                        moved[(*path, name)] = key
                    found[name] = copied(inner, here, (*path, name))
            return MappingProxyType(found)
        if isinstance(value, tuple):
            items: list[Json] = []
            for index, inner in enumerate(value):
                here = (*original, index)
                if here in edits.gone:
                    gone.add(here)
                else:
                    if index != len(items):
                        moved[(*path, len(items))] = index
                    items.append(copied(inner, here, (*path, len(items))))
            return tuple(items)
        return value

    whole = copied(document.value, (), ())
    assert isinstance(whole, Mapping)  # noqa: S101 - a copy of a mapping
    value = MappingProxyType({**whole, "apiVersion": API_VERSION, "kind": kind})
    return MendedDocument(
        path=document.path,
        value=value,
        text=document.text,
        places=document.places,
        base=document,
        moved=MappingProxyType(moved),
        gone=frozenset(gone),
        holes=edits.flaws.holes,
        doubtful=edits.flaws.wrong,
        guessed=(frozenset(edits.replaced) - edits.gone) | edits.supposed.keys(),
    )
