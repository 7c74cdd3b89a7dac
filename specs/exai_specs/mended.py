"""A document as it is without what is wrong in it by its schema.

In: a document that is no spec. Out: the spec that is left of it, and what it is without; None where
too little is left. Misspelt keys are taken for what a hint says that was meant. Judges nothing: who
uses such a spec must know what it can't tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from exai_specs.core import ValidationError
from exai_specs.diagnostics import MAX_PROBLEMS, Diagnostic, Span
from exai_specs.documents import Document, Path
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.kinds import Kind, Metadata
from exai_specs.mended_document import Edits, Flaws, MendedDocument, edited
from exai_specs.mending_edits import Edit, edits_of
from exai_specs.parse import Spec, frame_of, parse
from exai_specs.reading import read
from exai_specs.regexes import regex
from exai_specs.shape import Shape, shape_of
from exai_specs.values import frozen

# A field that must be there takes what it is in with it, which may be such a field again.
_ROUNDS = 12
_WORDS = 16  # are tried in the place of those that were left out, in a round
_BLOCK = 2  # parts of the shortest path that is left out: a field of `spec` or `metadata`

MARK = regex(r"(?:\A|(?<=[\n\r]))(?:---|\.\.\.)(?![^ \t\r\n])")
"""What ends a document in the text of its file."""

_NO_FLAWS = Flaws()


@frozen
class Mended:
    """What is left of `document`. `without` is what was left out: the values, and their keys but
    for the fields that exai declares, which have a default: those as messages speak of them,
    "`max`" and ".max". `more` are problems that parsing doesn't tell: below keys that are misspelt,
    and beside what isn't right by its YAML."""

    document: Document
    spec: Spec
    without: tuple[Json, ...]
    more: tuple[Diagnostic, ...] = ()


def mended(document: Document, flaws: Flaws = _NO_FLAWS) -> Mended | None:
    """The spec that is left of a document, if it has a name and isn't cut off."""
    framed = frame_of(document)
    if framed is None or is_cut(document) or any(len(path) < _BLOCK for path in flaws.wrong):
        return None
    kind, keys = framed
    edits = Edits(flaws)
    edits.renamed |= {(key,): name for name, key in keys.items() if key != name}
    edits.gone |= {(key,) for key in document.value if key not in keys.values()}
    for _ in range(_ROUNDS):
        made = edited(document, kind.name, edits)
        wrong = list(_wrong(made, kind))
        if not wrong:
            return _spec(made, kind, edits)
        if len(wrong) > MAX_PROBLEMS or any(len(edit.path) < _BLOCK for edit in wrong):
            return None
        if (word := _word_beside(made, kind, edits, wrong)) is not None:
            edits.supposed.update([word])
            continue
        for edit in wrong:
            edits.take(edit, made.original(edit.path))
    return None


def _word_beside(
    made: MendedDocument, kind: Kind, edits: Edits, wrong: list[Edit]
) -> tuple[Path, str] | None:
    """The path of a word that was left out, and one of its choices beside which all is right that
    isn't beside the one that stands there by default."""
    beside = {made.original(edit.of): edit.of for edit in wrong if edit.of[:1] == ("spec",)}
    left = edits.gone - edits.supposed.keys() if beside else set[Path]()
    words = (
        (path, of, word)
        for path in sorted(left, key=repr)
        if (of := beside.get(path[:-1])) is not None
        for word in shape_of(kind.spec).at((*of[1:], edits.meant(path)[-1])).choices
    )
    for path, of, word in islice(words, _WORDS):
        edits.supposed[path] = word
        again = list(_wrong(edited(made.base, kind.name, edits), kind))
        del edits.supposed[path]
        if not any(edit.of == of for edit in again):
            return path, word
    return None


def is_cut(document: Document) -> bool:
    """Whether more may belong to a document than its file has."""
    ends = not document.text.endswith(("\n", "\r"))
    return ends and MARK.search(document.text, document.start) is None


def _spec(made: MendedDocument, kind: Kind, edits: Edits) -> Mended:
    plain = made.thawed
    metadata, body = read(Metadata, plain["metadata"]), read(kind.spec, plain["spec"])
    shape = shape_of(kind.spec)
    without = [
        _left_out(_at(made.base.value, path), path[-1], edits.meant(path), shape)
        for path in sorted(made.gone, key=repr)
    ]
    if kind.names.wrong(metadata.name):
        without.append(metadata.name)
    spec = Spec(Ref(kind.name, metadata.name), metadata, body, made)
    more = (*_beside(made.base, kind, edits.flaws), *_below(made.base, kind, edits))
    return Mended(made.base, spec, (*without, edits.flaws.passed), tuple(dict.fromkeys(more)))


def _beside(document: Document, kind: Kind, flaws: Flaws) -> Iterator[Diagnostic]:
    """What is wrong by the schema in a document that isn't right by its YAML: nobody parsed it."""
    if flaws != _NO_FLAWS:
        yield from _told(edited(document, kind.name, Edits(flaws)), flaws)


def _below(document: Document, kind: Kind, edits: Edits) -> Iterator[Diagnostic]:
    """What is wrong below misspelt keys, of those whose values are what the fields take."""
    blocks = [path for path in edits.renamed if len(path) >= _BLOCK]
    if not blocks:
        return
    renamed = Edits(edits.flaws)
    renamed.renamed |= edits.renamed
    whole = edited(document, kind.name, renamed)
    told = tuple(_told(whole, edits.flaws))
    if not told:
        return
    fits = frozenset(blocks) - {whole.original(edit.path) for edit in _wrong(whole, kind)}
    for path in filter(fits.__contains__, blocks):
        first, last = document.key_at(path), _end(document, path)
        yield from (problem for problem in told if first < problem.at <= last)


def _told(whole: MendedDocument, flaws: Flaws) -> Iterator[Diagnostic]:
    """What is wrong with this by its schema, but for what may come of its flaws: a field that is
    missing, or anything said of what one was taken from, but that nobody declares it."""
    told = parse(whole)
    hurt = flaws != _NO_FLAWS
    around = whole.around() if hurt else ()
    places = {place for path in around for place in (whole.base.at(path), whole.base.key_at(path))}
    for problem in told if not isinstance(told, Spec) else ():
        sure = problem.code != "missing-field" and problem.at not in places
        if not hurt or sure or problem.code == "unknown-field":
            yield problem


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


def _left_out(value: Json, key: str | int, path: Path, shape: Shape) -> Json:
    """A value, with its key as it is written and as it was meant in `path`, what has a name around
    it, and the others that nothing declares."""
    inner = shape.at(path[1:-1]) if path[0] == "spec" else None
    if inner is None or isinstance(key, int):
        return value
    called = tuple(word for each in (key, path[-1]) for word in (f"`{each}`", f".{each}"))
    return (*called, *_around(path, shape), _undeclared({f"{path[-1]}": value}, inner))


def _around(path: Path, shape: Shape) -> Iterator[str]:
    """What a path leads through that has a name of its own: a parameter, a step, an environment."""
    for length in range(1, len(path) - 1):
        part = path[length]
        if isinstance(part, str) and part not in shape.at(path[1:length]).opened().fields:
            yield f"`{part}`"


def _undeclared(value: Json, shape: Shape) -> Json:
    """The values, and the keys that are names. Messages have names in quotes: `column` in words is
    no key."""
    if isinstance(value, Mapping):
        mine = shape.opened()
        names = [key for key in value if key not in mine.fields]
        called = (word for each in names for word in (f"`{each}`", f".{each}"))
        return (*called, *(_undeclared(inner, mine.at((key,))) for key, inner in value.items()))
    if isinstance(value, tuple):
        return tuple(_undeclared(inner, shape.at((n,))) for n, inner in enumerate(value))
    return value


def _wrong(document: MendedDocument, kind: Kind) -> Iterator[Edit]:
    plain = document.thawed
    for key, of in (("metadata", Metadata), ("spec", kind.spec)):
        try:
            read(of, plain[key])
        except ValidationError as error:
            yield from edits_of(error, shape_of(of), document, key)
