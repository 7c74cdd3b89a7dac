"""What is known of documents that can't be read.

In: a document with problems, a file's text, a spec that an overlay or a Python file breaks. Out:
the names by which others may know it, its words and its kind; or None where nobody can tell what
depends on it. Of a project that has a Project nothing else is one. Judges nothing: `certainty` says
what is so all the same.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

from exai_compiler.neighbours import EVERYBODY, names_of, words_in, words_of
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import Document
from exai_specs.frozen import Json
from exai_specs.kinds import API_VERSION, KINDS
from exai_specs.mended import MARK, Mended, is_cut
from exai_specs.nearest import nearest
from exai_specs.parse import Spec, meant_kind
from exai_specs.regexes import regex
from exai_specs.values import frozen

# Words at the head of a document that name nothing.
_FRAME = ("apiVersion", "kind", "metadata", "spec")
_HEAD = ("apiVersion", "exai.dev", "v1alpha1", "kind", "metadata", "name", "owner")
_KINDS = tuple(KINDS)
_NO_NAMES = frozenset({*_HEAD, *KINDS})
_KEY, _METADATA = ("kind",), ("metadata",)
# There is one Project, and it is read.
_EVERYBODY = frozenset(EVERYBODY) - {"Project"}
_OURS = API_VERSION.partition(".")[0]
_NAMES = regex(r"""\b(?:name|push)["']?[ \t]*:[ \t]*["']?([^\s"',}\]#]+)""")
_KIND = regex(r"""\bkind["']?[ \t]*:[ \t]*["']?([A-Za-z]+)""")
_WORDS = regex(r"""[^\s@:/#"',{}\[\]]+""")
_MARKED = 3  # characters of a mark
_NOTHING = frozenset({"", "null", "~"})
_TOP = regex(r"^(apiVersion|kind|metadata|spec)[ \t]*:", re.MULTILINE)
_TOP_KIND = regex(r"""^kind[ \t]*:[ \t]*["']?([A-Za-z]+)["']?[ \t]*(?:\#|\r?$)""", re.MULTILINE)
# Somebody else's: no list or alias, nothing, nor a number.
_FOREIGN = regex(
    rf"""^apiVersion[ \t]*:[ \t]*["']?(?!{re.escape(_OURS)}|(?:null|Null|NULL)\b)[A-Za-z]""",
    re.MULTILINE,
)
_TOP_KEY = regex(r"""^["']?([A-Za-z][\w-]*)["']?[ \t]*:(?![^\s])""", re.MULTILINE)
_ENVIRONMENT = regex(r"""\benvironment["']?[ \t]*:[ \t]*["']?([^\s"',}\]#]+)""")


@frozen
class Unread:
    """What is known of something that can't be read: its `name` as it is written, if it can be
    read, the names by which others may know it, in lower case, its words, its kind unless that may
    be any. `cut`: more may belong to it than what can be read. `environment` is an Overlay's, empty
    where it can't be read. `nameless`: it may have another name than these. `maybe`: the kinds that
    it may be, of those that matter to everybody. `without`: the words of what the project holds it
    without, in lower case; None where the project doesn't hold it.
    """

    path: str
    names: frozenset[str]
    words: frozenset[str]
    kind: str | None = None
    cut: bool = False
    environment: str = ""
    nameless: bool = False
    maybe: frozenset[str] = frozenset()
    name: str = ""
    without: frozenset[str] | None = None

    def may_be(self, kind: str) -> bool:
        """Whether it may be of a kind that matters to everybody."""
        return kind == self.kind or kind in self.maybe


UNREAD_PROJECT = Unread("exai.yaml", frozenset(), frozenset(), "Project")
UNREAD_LOCK = Unread("exai.lock", frozenset(), frozenset(), "Lock")


def unread_document(
    document: Document, problems: Iterable[Diagnostic], mended: Mended | None = None
) -> Unread:
    """One with these problems, of which this is left."""
    value = document.value
    spec, metadata = value.get("spec"), value.get("metadata")
    if not any(_meant(key, _FRAME) for key in value):  # it is none
        return Unread(document.path, frozenset(), frozenset(), "Manifest")
    known, maybe = _kind_of(value)
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    at = document.at(("metadata", "name"))
    wrong = any(each.code == "invalid-name" and each.at == at for each in problems)
    nameless = not isinstance(name, str) or wrong
    said_of_it = (value.get(key) for key in value if key == "metadata" or _meant(key, _METADATA))
    called = words_in(tuple(said_of_it)).difference(_HEAD) if nameless else frozenset({str(name)})
    names = frozenset(each.casefold() for each in (*called, *_named(spec)))
    words = words_in({key: each for key, each in value.items() if key not in _FRAME[:-1]})
    cut = is_cut(document)
    environment = spec.get("environment") if isinstance(spec, Mapping) else None
    said = environment if known == "Overlay" and isinstance(environment, str) else ""
    return Unread(
        document.path,
        names,
        words,
        known,
        cut,
        said,
        nameless,
        maybe,
        "" if nameless else f"{name}",
        None if mended is None else words_in(mended.without),
    )


def unread_text(path: str, text: str, documents: Iterable[Document] = ()) -> Iterator[Unread]:
    """The parts of a file's text that aren't one of these documents of it."""
    starts = [0, *(mark.end() for mark in MARK.finditer(text))]
    read = {bisect(starts, each.start) - 1 for each in documents}
    for number, (start, end) in enumerate(pairwise((*starts, len(text) + _MARKED))):
        part = text[start : end - _MARKED]
        if number not in read and _says_something(part):
            yield _unread_part(path, part)


def _says_something(text: str) -> bool:
    lines = (line for line in text.splitlines() if not line.startswith("%"))
    return any(line.partition("#")[0].strip() not in _NOTHING for line in lines)


def _is_none(text: str) -> bool:
    """Whether a text is no document of exai's: it begins with a key at the top, and no key there is
    nearly one that every document has. None whose top is in brackets."""
    keys = _TOP_KEY.findall(text)
    said = [line for line in text.splitlines() if line.partition("#")[0].strip()]
    begins = bool(said) and _TOP_KEY.match(said[0]) is not None
    words = _WORDS.findall(text)
    ours = any(word in _FRAME or word.startswith(_OURS) or word in KINDS for word in words)
    return begins and not ours and not any(_meant(key, _FRAME) for key in keys)


def _unread_part(path: str, text: str) -> Unread:
    if _is_none(text):
        return Unread(path, frozenset(), frozenset(), "Manifest")
    kinds = {*_TOP_KIND.findall(text)}
    once = len(tops := _TOP.findall(text)) == len({*tops})
    known = kinds.pop() if once and len(kinds) == 1 and kinds <= KINDS.keys() else None
    foreign = once and _FOREIGN.search(text) is not None
    known = "Manifest" if foreign else known
    said = {known} if known else {_meant(kind, _KINDS) for kind in {*_KIND.findall(text)}}
    maybe = _EVERYBODY.intersection(each for each in said if each is not None)
    head, _, rest = text.partition("spec")
    # Cut off before it says what and who it is, or in an order of its own.
    nameless = not foreign and (not rest or "name" not in head)
    if nameless or (not foreign and _KIND.search(head) is None):
        known, maybe = (known, maybe) if known and rest else (None, _EVERYBODY)
    # The name itself may be what can't be read.
    found = {*_NAMES.findall(text), *_WORDS.findall(head)} - _NO_NAMES
    names = frozenset(name.casefold() for name in found)
    where = _ENVIRONMENT.findall(text) if known == "Overlay" else []
    environment = where[0] if len(where) == 1 else ""
    words = frozenset(_WORDS.findall(text.casefold()))
    return Unread(path, names, words, known, True, environment, nameless, maybe)


@lru_cache(maxsize=1024)  # a hostile file has a hundred thousand documents, all alike
def _meant(word: str, known: tuple[str, ...]) -> str | None:
    return nearest(word, known)


def _kind_of(value: Mapping[str, Json]) -> tuple[str | None, frozenset[str]]:
    """The kind of a document, None where it may be several; and which it may be of those that
    matter to documents that don't name it."""
    said = value.get("kind", next((value[key] for key in value if _meant(key, _KEY)), None))
    if isinstance(said, str):
        if said in KINDS:
            return said, _EVERYBODY & {said}
        version = value.get("apiVersion")
        if isinstance(version, str) and not version.startswith(_OURS):  # of somebody else's
            return "Manifest", frozenset()
        if (meant := _meant(said, _KINDS)) is not None:
            known = meant if meant != "Project" and meant_kind(said) is not None else None
            return known, _EVERYBODY & {meant}
    elif (of := meant_kind(said)) is not None:
        return of.name, _EVERYBODY & {of.name}
    spec = value.get("spec")
    keys = spec.keys() if isinstance(spec, Mapping) else frozenset[str]()
    from exai_specs.shape import shape_of

    count = {name: len(keys & shape_of(kind.spec).fields.keys()) for name, kind in KINDS.items()}
    most = max(count.values())
    likely = [name for name, its in count.items() if its == most]
    if not most:
        return None, _EVERYBODY
    only = likely[0] if len(likely) == 1 and most == len(keys) else None
    return only, _EVERYBODY.intersection(likely)


def unread_overlaid(spec: Spec, document: Document, left: Mended | None) -> Unread | None:
    """A document that is none any more as overlays make it, of which this is left; None where
    nobody can tell what depends on it."""
    if spec.ref.kind in EVERYBODY and left is None:
        return None
    value = document.value.get("spec")
    names = names_of(spec).union(name.casefold() for name in _named(value))
    words = words_of(spec) | words_in(value)
    without = None if left is None else words_in(left.without)
    path, ref = spec.document.path, spec.ref
    return Unread(path, names, words, ref.kind, name=ref.name, without=without)


def _named(value: Json) -> Iterator[str]:
    """What stands under `name` or `push` anywhere in a tree."""
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, Mapping):
            for key, inner in each.items():
                if key in ("name", "push") and isinstance(inner, str):
                    yield inner
                stack.append(inner)
        elif isinstance(each, tuple):
            stack += each
