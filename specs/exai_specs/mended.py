"""A document as it is without what is wrong in it by its schema.

In: a document that is no spec. Out: the spec that is left of it, and what it is without; None where
too little is left. Misspelt keys are taken for what a hint says that was meant. Judges nothing: who
uses such a spec must know what it can't tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from exai_specs.core import ValidationError
from exai_specs.diagnostics import MAX_PROBLEMS, Diagnostic, Span
from exai_specs.documents import Document, Path
from exai_specs.foreign_words import said_here
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.kinds import API_VERSION, Kind, Metadata
from exai_specs.misplaced_fields import elsewhere
from exai_specs.nearest import nearest
from exai_specs.overlays import PatchedDocument
from exai_specs.parse import Spec, frame_of, parse
from exai_specs.reading import read
from exai_specs.regexes import regex
from exai_specs.shape import Shape, shape_of
from exai_specs.translate import SWITCHES, written_path
from exai_specs.values import frozen

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# A field that must be there takes what it is in with it, which may be such a field again.
_ROUNDS = 12
_BLOCK = 2  # parts of the shortest path that is left out: a field of `spec` or `metadata`

MARK = regex(r"(?:\A|(?<=[\n\r]))(?:---|\.\.\.)(?![^ \t\r\n])")
"""What ends a document in the text of its file."""

_MEANT = regex(r'did you mean "([^"]+)"')
_NUMBER = regex(r"-?\d{1,15}(\.\d{1,15})?")


@frozen
class _Edit:
    """What mends a value: another key, another value, or that it is left out."""

    path: Path
    key: str = ""
    value: Json = None


class _Edits:
    """What is other than in the document, by the paths there."""

    def __init__(self, flaws: Flaws) -> None:
        self.flaws = flaws
        self.renamed: dict[Path, str] = {}
        self.replaced: dict[Path, Json] = {}
        self.gone: set[Path] = {*flaws.wrong}

    def take(self, edit: _Edit, path: Path) -> None:
        """What has been tried before is left out."""
        if edit.key and path not in self.renamed:
            self.renamed[path] = edit.key
        elif edit.value is not None and path not in self.replaced:
            self.replaced[path] = edit.value
        else:
            self.gone.add(path)


@frozen
class Flaws:
    """What a document lacks by its YAML: the paths of values that are `wrong`, or stand there more
    than once; `holes`, those of mappings of which a key isn't in the value; the words of what was
    `passed` over."""

    wrong: frozenset[Path] = frozenset()
    holes: frozenset[Path] = frozenset()
    passed: tuple[str, ...] = ()


_NO_FLAWS = Flaws()


@frozen
class Mended:
    """What is left of `document`. `without` is what was left out: the values, and their keys but
    for the fields that exai declares. `more` are problems that parsing doesn't tell: below keys
    that are misspelt, and beside what isn't right by its YAML."""

    document: Document
    spec: Spec
    without: tuple[Json, ...]
    more: tuple[Diagnostic, ...] = ()


@frozen
class MendedDocument(Document):
    """A document with some of its keys called otherwise, and without some of its values.

    Places are those of `base`, the document as it is written, and so are the paths of what is
    `gone`, and of the `holes` that its YAML has. `moved` says of a path's last part what it is
    there, where that differs.
    """

    base: Document
    moved: Mapping[Path, str | int]
    gone: frozenset[Path]
    holes: frozenset[Path]

    def original(self, path: Path) -> Path:
        """The path in the document as it is written."""
        return tuple([self.moved.get(path[: n + 1], part) for n, part in enumerate(path)])

    def damaged(self) -> frozenset[Span]:
        """The places of the keys, and of the items of lists, of what something was left out of."""
        paths = self.gone | self.holes
        around = {path[:length] for path in paths for length in range(1, len(path) + 1)}
        before = _part(self.base)
        inner = before.damaged() if before is not None else frozenset[Span]()
        return inner.union(map(self.base.key_at, around))

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
    def texts(self) -> tuple[str, ...]:
        return self.base.texts

    @property
    def starts(self) -> tuple[Span, ...]:
        return self.base.starts


def part_of(spec: Spec) -> MendedDocument | None:
    """What is left of a document, if a spec is that, as environments have it or not."""
    return _part(spec.document)


def _part(document: Document) -> MendedDocument | None:
    base = document.base if isinstance(document, PatchedDocument) else document
    return base if isinstance(base, MendedDocument) else None


def mended(document: Document, flaws: Flaws = _NO_FLAWS) -> Mended | None:
    """The spec that is left of a document, if it has a name and isn't cut off."""
    framed = frame_of(document)
    if framed is None or is_cut(document) or any(len(path) < _BLOCK for path in flaws.wrong):
        return None
    kind, keys = framed
    edits = _Edits(flaws)
    edits.renamed |= {(key,): name for name, key in keys.items() if key != name}
    edits.gone |= {(key,) for key in document.value if key not in keys.values()}
    for _ in range(_ROUNDS):
        made = _edited(document, kind, edits)
        wrong = list(_wrong(made, kind))
        if not wrong:
            return _spec(made, kind, edits)
        if len(wrong) > MAX_PROBLEMS or any(len(edit.path) < _BLOCK for edit in wrong):
            return None
        for edit in wrong:
            edits.take(edit, made.original(edit.path))
    return None


def is_cut(document: Document) -> bool:
    """Whether more may belong to a document than its file has."""
    ends = not document.text.endswith(("\n", "\r"))
    return ends and MARK.search(document.text, document.start) is None


def _spec(made: MendedDocument, kind: Kind, edits: _Edits) -> Mended | None:
    plain = made.thawed
    metadata, body = read(Metadata, plain["metadata"]), read(kind.spec, plain["spec"])
    if kind.names.wrong(metadata.name):
        return None
    shape = shape_of(kind.spec)
    without = [_left_out(made.base.value, path, shape) for path in sorted(made.gone, key=repr)]
    spec = Spec(Ref(kind.name, metadata.name), metadata, body, made)
    more = (*_beside(made.base, kind, edits.flaws), *_below(made.base, kind, edits))
    return Mended(made.base, spec, (*without, edits.flaws.passed), tuple(dict.fromkeys(more)))


def _beside(document: Document, kind: Kind, flaws: Flaws) -> Iterator[Diagnostic]:
    """What is wrong by the schema in a document that isn't right by its YAML: nobody parsed it."""
    if flaws == _NO_FLAWS:
        return
    edited = _edited(document, kind, _Edits(flaws))
    told = parse(edited)
    damaged = edited.damaged()
    for problem in told if not isinstance(told, Spec) else ():
        if problem.code != "missing-field" and problem.at not in damaged:
            yield problem


def _below(document: Document, kind: Kind, edits: _Edits) -> Iterator[Diagnostic]:
    """What is wrong below misspelt keys, of those whose values are what the fields take."""
    blocks = [path for path in edits.renamed if len(path) >= _BLOCK]
    if not blocks:
        return
    renamed = _Edits(edits.flaws)
    renamed.renamed |= edits.renamed
    edited = _edited(document, kind, renamed)
    told = parse(edited)
    if isinstance(told, Spec):
        return
    fits = frozenset(blocks) - {edited.original(edit.path) for edit in _wrong(edited, kind)}
    for path in filter(fits.__contains__, blocks):
        first, last = document.key_at(path), _end(document, path)
        yield from (problem for problem in told if first < problem.at <= last)


def _end(document: Document, path: Path) -> Span:
    """The place of the last value in the one at a path."""
    value = _at(document.value, path)
    while value and isinstance(value, Mapping | tuple):
        part = tuple(value)[-1] if isinstance(value, Mapping) else len(value) - 1
        path, value = (*path, part), _at(value, (part,))
    return document.at(path)


def _at(value: Json, path: Path) -> Json:
    """What stands at a path that there is."""
    for part in path:
        value = value[part]  # type: ignore[index]  # it was found there
    return value


def _left_out(value: Json, path: Path, shape: Shape) -> Json:
    """What stands at a path, with its key and the others that nothing declares."""
    value = _at(value, path)
    inner = shape.at(path[1:-1]) if path[0] == "spec" else None
    if inner is None or isinstance(path[-1], int):
        return value
    return _undeclared({path[-1]: value}, inner)


def _undeclared(value: Json, shape: Shape) -> Json:
    if isinstance(value, Mapping):
        mine = shape.opened()
        known = {key: inner for key, inner in value.items() if key in mine.fields}
        others = {k: _undeclared(v, mine.at((k,))) for k, v in value.items() if k not in known}
        return (others, *(_undeclared(inner, mine.at((key,))) for key, inner in known.items()))
    if isinstance(value, tuple):
        return tuple(_undeclared(inner, shape.at((n,))) for n, inner in enumerate(value))
    return value


def _edited(document: Document, kind: Kind, edits: _Edits) -> MendedDocument:
    moved: dict[Path, str | int] = {}
    gone: set[Path] = set()  # of those that are there

    def copied(value: Json, original: Path, path: Path) -> Json:
        value = edits.replaced.get(original, value)
        if isinstance(value, Mapping):
            found: dict[str, Json] = {}
            for key, inner in value.items():
                here = (*original, key)
                if here in edits.gone:
                    gone.add(here)
                else:
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
    value = MappingProxyType({**whole, "apiVersion": API_VERSION, "kind": kind.name})
    return MendedDocument(
        path=document.path,
        value=value,
        text=document.text,
        places=document.places,
        base=document,
        moved=MappingProxyType(moved),
        gone=frozenset(gone),
        holes=edits.flaws.holes,
    )


def _wrong(document: MendedDocument, kind: Kind) -> Iterator[_Edit]:
    plain = document.thawed
    for key, of in (("metadata", Metadata), ("spec", kind.spec)):
        try:
            read(of, plain[key])
        except ValidationError as error:
            yield from _of_errors(error, shape_of(of), document, key)


def _of_errors(
    error: ValidationError, shape: Shape, document: MendedDocument, key: str
) -> Iterator[_Edit]:
    lacking: list[Path] = []
    named: set[Path] = set()
    for each in error.errors(include_url=False):
        location: Path = each["loc"]
        path = written_path(location, shape, document, (key,))
        if each["type"] == "missing":
            lacking.append(path)
        elif each["type"] == "unexpected_keyword_argument":
            meant = _field(f"{path[-1]}", shape.at(location[:-1]), path)
            yield _renamed(path, meant, document, named)
        elif each["type"] == "exai":
            for problem in each["ctx"]["problems"]:
                at = (*(path[:-1] if problem.on == "name" else path), *problem.path)
                said = _MEANT.match(problem.hint)
                if said is None or problem.on != "name":
                    yield _Edit(at, value=said[1] if said and problem.on == "value" else None)
                else:
                    yield _renamed(at, said[1], document, named)
        else:
            yield _Edit(path, value=_value(each, shape.at(location), path, document))
    for path in lacking:
        if path not in named:
            yield _Edit(path[:-1])


def _renamed(path: Path, meant: str, document: Document, named: set[Path]) -> _Edit:
    """With the key that was meant, unless there is one already."""
    there = (*path[:-1], meant)
    if not meant or meant in document.keys(path[:-1]) or there in named:
        return _Edit(path)
    named.add(there)
    return _Edit(path, key=meant)


def _value(error: ErrorDetails, shape: Shape, path: Path, document: Document) -> Json:
    """What a hint says to write; None where it says nothing of the kind."""
    given = error["input"]
    match error["type"]:
        case "literal_error" if isinstance(given, str):
            return nearest(given, shape.choices)
        case "string_type" if isinstance(given, bool | int | float):
            return document.written(path) or None
        case "string_type" if isinstance(given, list | tuple) and len(given) == 1:
            return given[0] if isinstance(given[0], str) else None
        case "bool_type" if isinstance(given, str):
            switch = SWITCHES.get(given.lower())
            return None if switch is None else switch == "true"
        case "int_type" | "float_type" if isinstance(given, str) and _NUMBER.fullmatch(given):
            return int(given) if given.isdigit() else float(given)
        case _:
            return None


def _field(name: str, shape: Shape, path: Path) -> str:
    """The field that a hint takes a key for."""
    known = tuple(shape.fields)
    if elsewhere(name, known, path) or said_here(name, known):
        return ""
    return nearest(name, known) or ""
