"""What can be said of the other documents while some can't be read.

In: what is known of the documents that don't parse, and what is wrong with a project without them.
Out: of that, what is so whatever those documents say. Judges nothing by itself.

Documents are brought together by words, as in `neighbours`. What leads to an unread document waits
for it, and so does what an unread one names: somebody may use it, make it or fit to it there. All
that names a Model waits for the pipelines that may make it.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache

from exai_compiler.named_files import asked_files
from exai_compiler.neighbours import EVERYBODY, names_of, words_in, words_of
from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.documents import Document
from exai_specs.frozen import Json
from exai_specs.kinds import KINDS
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.regexes import regex
from exai_specs.values import frozen

# Nobody but these names one of those.
_NAMED_BY_FEW = frozenset({"Graph", "LLMService", "Notebook", "Service"})
_NAMING_THEM = frozenset({"Graph", "Manifest", "Overlay", "Project"})
# What is told of them comes of what those say that name them.
_JUDGED_BY_OTHERS = frozenset({"Entity", "Model"})
_MAKERS = frozenset({"Pipeline", "Tuning", None})

# Words at the head of a document that name nothing.
_HEAD = ("apiVersion", "exai.dev", "v1alpha1", "kind", "metadata", "name", "owner")
_NO_NAMES = frozenset({*_HEAD, *KINDS})
_KEY = ("kind",)
_NAMES = regex(r"""\b(?:name|push)["']?[ \t]*:[ \t]*["']?([^\s"',}\]#]+)""")
_KIND = regex(r"""\bkind["']?[ \t]*:[ \t]*["']?([A-Za-z]+)""")
_WORDS = regex(r"""[^\s@:/#"',{}\[\]]+""")
_QUOTED = regex(r"`([^`]+)`")


@frozen
class Unread:
    """What is known of something that can't be read: the names by which others may know it, in
    lower case, its words, its kind unless that may be any. `of_file` says that it is a file, with
    whatever can be read of it."""

    path: str
    names: frozenset[str]
    words: frozenset[str]
    kind: str | None = None
    of_file: bool = False


def unread_document(document: Document, problems: Iterable[Diagnostic]) -> Unread | None:
    """One with these problems; None where nobody can tell what depends on it."""
    value = document.value
    kind = value.get("kind", next((value[key] for key in value if nearest(key, _KEY)), None))
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if not isinstance(name, str) or any(each.code == "invalid-name" for each in problems):
        return None
    known = kind if isinstance(kind, str) and kind in KINDS else None
    meant = known or (nearest(kind, KINDS) if isinstance(kind, str) else None)
    if meant is None or meant in EVERYBODY:
        return None
    names = {name, *_named(value.get("spec"))}
    frame = ("apiVersion", "kind", "metadata")
    words = words_in({key: each for key, each in value.items() if key not in frame})
    return Unread(document.path, frozenset(each.casefold() for each in names), words, known)


def unread_file(path: str, text: str) -> Unread | None:
    """One of which not all can be read; None where nobody can tell what depends on it."""
    if any(nearest(kind, KINDS) in EVERYBODY for kind in {*_KIND.findall(text)}):
        return None
    names = set(_NAMES.findall(text))
    for document in text.split("\n---"):
        head, _, rest = document.partition("spec")
        if not rest or "name" not in head or _KIND.search(head) is None:
            return None  # cut off before it says what and who it is, or in an order of its own
        # The name itself may be what can't be read.
        names |= set(_WORDS.findall(head)) - _NO_NAMES
    found = frozenset(name.casefold() for name in names)
    return Unread(path, found, frozenset(_WORDS.findall(text.casefold())), None, True)


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
        unused = problem.code.startswith("unused-")
        return not unused and not any(may_mean(word) for word in meant)

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

    files = {each.path for each in unread if each.of_file}
    within = [number for number, spec in enumerate(specs) if spec.document.path in files]
    tainted = above(within + [n for each in unread for n in leading_to(each.kind, each.names)])
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
    # Of a file any part may be missing, of a maker all: what a model is made by, too.
    if files or any(each.kind in _MAKERS and not each.words for each in unread):
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
