"""What can be said of the other documents while some can't be read.

In: what is known of the documents that don't parse, and what is wrong with a project without them.
Out: of that, what is so whatever those documents say. Judges nothing by itself.

Documents are brought together by words, as in `neighbours`. What leads to an unread document waits
for it, and so does what an unread one names: somebody may use it, make it or fit to it there. All
that names a Model waits for the pipelines that may make it.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from itertools import pairwise

from exai_compiler.named_files import asked_files
from exai_compiler.neighbours import EVERYBODY, names_of, words_in, words_of
from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.documents import Document
from exai_specs.frozen import Json
from exai_specs.kinds import API_VERSION, KINDS
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.regexes import regex
from exai_specs.shape import shape_of
from exai_specs.values import frozen

# Nobody but these names one of those.
_NAMED_BY_FEW = frozenset({"Graph", "LLMService", "Notebook", "Service"})
_NAMING_THEM = frozenset({"Graph", "Manifest", "Overlay", "Project"})
# What is told of them comes of what those say that name them.
_JUDGED_BY_OTHERS = frozenset({"Entity", "Model"})
_MAKERS = frozenset({"Pipeline", "Tuning", None})
_OF_MAKERS = "model-without-producer"
# A Runtime may serve each of them.
_SERVED = frozenset({"Graph", "LLMService", "Service"})

# Words at the head of a document that name nothing.
_FRAME = ("apiVersion", "kind", "metadata", "spec")
_HEAD = ("apiVersion", "exai.dev", "v1alpha1", "kind", "metadata", "name", "owner")
_NO_NAMES = frozenset({*_HEAD, *KINDS})
_KEY = ("kind",)
_OURS = API_VERSION.partition(".")[0]
_NAMES = regex(r"""\b(?:name|push)["']?[ \t]*:[ \t]*["']?([^\s"',}\]#]+)""")
_KIND = regex(r"""\bkind["']?[ \t]*:[ \t]*["']?([A-Za-z]+)""")
_WORDS = regex(r"""[^\s@:/#"',{}\[\]]+""")
_MARK = regex(r"(?:\A|(?<=[\n\r]))(?:---|\.\.\.)(?![^ \t\r\n])")
_SAYS_NOTHING = regex(
    r"(?:[ \t]*(?:null|~)?[ \t]*(?:\#[^\n]*|%[^\n]*)?\r?\n)*[ \t]*(?:null|~)?\s*\Z"
)
_TOP = regex(r"^(apiVersion|kind|metadata|spec)[ \t]*:", re.MULTILINE)
_TOP_KIND = regex(r"""^kind[ \t]*:[ \t]*["']?([A-Za-z]+)["']?[ \t]*(?:\#|\r?$)""", re.MULTILINE)
_TOP_VERSION = regex(r"""^apiVersion[ \t]*:[ \t]*["']?([^\s"'#]+)""", re.MULTILINE)
_ENVIRONMENT = regex(r"""\benvironment["']?[ \t]*:[ \t]*["']?([^\s"',}\]#]+)""")
_QUOTED = regex(r"`([^`]+)`")


@frozen
class Unread:
    """What is known of something that can't be read: the names by which others may know it, in
    lower case, its words, its kind unless that may be any. `cut`: more may belong to it than what
    can be read. `environment` is an Overlay's, empty where it can't be read."""

    path: str
    names: frozenset[str]
    words: frozenset[str]
    kind: str | None = None
    cut: bool = False
    environment: str = ""


def unread_document(document: Document, problems: Iterable[Diagnostic]) -> Unread | None:
    """One with these problems; None where nobody can tell what depends on it."""
    value = document.value
    spec, metadata = value.get("spec"), value.get("metadata")
    if not any(nearest(key, _FRAME) for key in value):  # it is none
        return Unread(document.path, frozenset(), frozenset(), "Manifest")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if not isinstance(name, str) or any(each.code == "invalid-name" for each in problems):
        return None
    known, may_be_everybodys = _kind_of(value)
    if may_be_everybodys and known not in ("Overlay", "Runtime"):
        return None
    names = frozenset(each.casefold() for each in (name, *_named(spec)))
    words = words_in({key: each for key, each in value.items() if key not in _FRAME[:-1]})
    ends = not document.text.endswith(("\n", "\r"))
    cut = ends and _MARK.search(document.text, document.start) is None
    environment = spec.get("environment") if isinstance(spec, Mapping) else None
    said = environment if known == "Overlay" and isinstance(environment, str) else ""
    return Unread(document.path, names, words, known, cut, said)


def unread_text(
    path: str, text: str, documents: Iterable[Document] = ()
) -> Iterator[Unread | None]:
    """The parts of a file's text that aren't one of these documents of it; None for one of which
    nobody can tell what depends on it."""
    found = [mark.start() for mark in _MARK.finditer(text)]
    starts = [0, *found] if found[:1] != [0] else found
    read = {bisect(starts, each.start) - 1 for each in documents}
    for number, (start, end) in enumerate(pairwise((*starts, len(text)))):
        part = text[start + 3 if start in found else start : end]
        if number not in read and not _SAYS_NOTHING.match(part):
            yield _unread_part(path, part)


def _unread_part(path: str, text: str) -> Unread | None:
    kinds = {*_TOP_KIND.findall(text)}
    once = len(tops := _TOP.findall(text)) == len({*tops})
    known = kinds.pop() if once and len(kinds) == 1 and kinds <= KINDS.keys() else None
    foreign = once and any(not each.startswith(_OURS) for each in _TOP_VERSION.findall(text))
    known = "Manifest" if foreign else known
    said = {known} if known else {nearest(kind, KINDS) for kind in {*_KIND.findall(text)}}
    if not said.isdisjoint(EVERYBODY) and known not in ("Overlay", "Runtime"):
        return None
    head, _, rest = text.partition("spec")
    if not foreign and (not rest or "name" not in head or _KIND.search(head) is None):
        return None  # cut off before it says what and who it is, or in an order of its own
    # The name itself may be what can't be read.
    found = {*_NAMES.findall(text), *_WORDS.findall(head)} - _NO_NAMES
    names = frozenset(name.casefold() for name in found)
    where = _ENVIRONMENT.findall(text) if known == "Overlay" else []
    environment = where[0] if len(where) == 1 else ""
    words = frozenset(_WORDS.findall(text.casefold()))
    return Unread(path, names, words, known, True, environment)


def _kind_of(value: Mapping[str, Json]) -> tuple[str | None, bool]:
    """The kind of a document, None where it may be several; and whether it may be one that matters
    to documents that don't name it."""
    said = value.get("kind", next((value[key] for key in value if nearest(key, _KEY)), None))
    if isinstance(said, str):
        if said in KINDS:
            return said, said in EVERYBODY
        version = value.get("apiVersion")
        if isinstance(version, str) and not version.startswith(_OURS):  # of somebody else's
            return "Manifest", False
        if (meant := nearest(said, KINDS)) is not None:
            return None, meant in EVERYBODY
    spec = value.get("spec")
    keys = spec.keys() if isinstance(spec, Mapping) else frozenset[str]()
    count = {name: len(keys & shape_of(kind.spec).fields.keys()) for name, kind in KINDS.items()}
    most = max(count.values())
    likely = [name for name, its in count.items() if its == most]
    if not most or not {*likely}.isdisjoint(EVERYBODY):
        return None, True
    return (likely[0] if len(likely) == 1 and most == len(keys) else None), False


def unread_part(spec: Spec) -> Unread:
    """A document that names a file which can't be read."""
    return Unread(spec.document.path, names_of(spec), words_of(spec), spec.ref.kind)


def unread_overlaid(spec: Spec, document: Document) -> Unread | None:
    """A document that is none any more as overlays make it; None where nobody can tell what depends
    on it."""
    if spec.ref.kind in EVERYBODY:
        return None
    value = document.value.get("spec")
    names = names_of(spec).union(name.casefold() for name in _named(value))
    words = words_of(spec) | words_in(value)
    return Unread(spec.document.path, names, words, spec.ref.kind)


def certain(
    problems: Iterable[Diagnostic], project: Project, unread: Collection[Unread]
) -> tuple[Diagnostic, ...]:
    """Those of the problems of a project without `unread` that are so with it, in their order."""
    specs = (*project.all, *project.overlays)
    waiting = _waiting(specs, unread)
    places: dict[str, list[tuple[Span, int]]] = {}
    asking: dict[str, list[int]] = {}
    for number, spec in enumerate(specs):
        for start in spec.document.starts:
            places.setdefault(start.path, []).append((start, number))
        for _, _, path in asked_files([spec]):
            asking.setdefault(path, []).append(number)
    for begun in places.values():
        begun.sort()
    names = frozenset[str]().union(*(each.names for each in unread))
    makers = any(each.kind in _MAKERS for each in unread)

    @cache
    def may_mean(word: str) -> bool:
        return nearest(word, names) is not None

    def about(at: Span) -> Sequence[int]:
        """The numbers of the documents that a place is of: of several in its file the last that
        begins before it, of a file that documents name all of these."""
        begun = places.get(at.path)
        if begun is None:
            return asking.get(at.path, ())
        return (begun[max(0, bisect(begun, (at, len(specs))) - 1)][1],)

    def sure(problem: Diagnostic) -> bool:
        here = about(problem.at)
        if not here or not waiting.isdisjoint(here):
            return False
        meant = _QUOTED.findall(problem.message) if problem.code == "unknown-reference" else ()
        if problem.code.startswith("unused-") or (makers and problem.code == _OF_MAKERS):
            return False
        return not any(may_mean(word) for word in meant)

    return tuple([each for each in problems if sure(each)])


def _waiting(specs: Sequence[Spec], unread: Collection[Unread]) -> Set[int]:
    """The numbers of the documents that something unread may matter to."""
    kinds = [spec.ref.kind for spec in specs]
    words = [words_of(spec) for spec in specs]
    # Nobody names the Project.
    names = [names_of(s) if s.ref.kind != "Project" else frozenset[str]() for s in specs]
    naming = _by_word(words)
    named = _by_word(names)

    def leading_to(kind: str | None, its: Iterable[str]) -> list[int]:
        found = [number for name in its for number in naming.get(name, ())]
        if kind not in _NAMED_BY_FEW:
            return found
        return [number for number in found if kinds[number] in _NAMING_THEM]

    def above(found: Iterable[int]) -> set[int]:
        """These, and all that lead to them."""
        reached: set[int] = set()
        todo = list(found)
        while todo:
            if (number := todo.pop()) not in reached:
                reached.add(number)
                todo += leading_to(kinds[number], names[number])
        return reached

    served = _SERVED if any(each.kind == "Runtime" for each in unread) else frozenset()
    serving = [number for number, kind in enumerate(kinds) if kind in served]
    tainted = above(serving + [n for each in unread for n in leading_to(each.kind, each.names)])
    sources = [(each.kind, each.words, False) for each in unread]
    sources += [(kinds[n], words[n], True) for n in tainted if kinds[n] != "Project"]
    beside: set[int] = set()
    made: set[int] = set()
    for kind, said, can_be_read in sources:
        mentioned = {number for word in said for number in named.get(word, ())}
        if kind is not None and kind not in _NAMING_THEM:
            mentioned = {number for number in mentioned if kinds[number] not in _NAMED_BY_FEW}
        if can_be_read:  # who names the others is known
            mentioned = {number for number in mentioned if kinds[number] in _JUDGED_BY_OTHERS}
        beside |= mentioned
        if kind in _MAKERS:
            made |= {number for number in mentioned if kinds[number] == "Model"}
    # What a model is made by may be missing.
    if any(each.kind in _MAKERS and (each.cut or not each.words) for each in unread):
        beside |= {number for number, kind in enumerate(kinds) if kind == "Model"}
    return tainted | beside | above(made)


def _by_word(said: Sequence[Collection[str]]) -> Mapping[str, list[int]]:
    """The numbers of those that say a word."""
    found: dict[str, list[int]] = {}
    for number, words in enumerate(said):
        for word in words:
            found.setdefault(word, []).append(number)
    return found


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
