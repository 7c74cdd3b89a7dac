"""YAML text as values that know where each of them stands.

In: the text of one file and its name. Out: its documents, and every problem that YAML itself has.
Never: kinds, other files, constructing anything but plain values, or an exception for bad text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from exai_specs.diagnostics import (
    MAX_IN_FILE,
    MAX_PROBLEMS,
    Diagnostic,
    Span,
    in_order,
    more_problems,
)
from exai_specs.frozen import Json, freeze, thaw
from exai_specs.regexes import regex
from exai_specs.values import field, frozen
from exai_specs.yaml_text import decode, end_of_document, lines_of, position, unmarked

if TYPE_CHECKING:
    from exai_specs.yaml_plain import Read

Path: TypeAlias = tuple[str | int, ...]

# A node's place is three numbers, nodes in document order: where in the text the value begins,
# where its key does (the value itself in a list), nodes in its subtree.
NODE = 3
_PLAIN = regex(r"(?:&\S+\s+)?([-+.\w]+)")
_LISTS = (tuple, list)
_MANY = 32  # children, which are counted through faster than an index of them is made
_SMALL = 1 << 13  # characters that are looked through as fast as the end of a document is found


@frozen
class Document:
    """One YAML document in the text of its file.

    `places` are the numbers of `NODE`, packed: few of them are ever asked for, and lines and
    columns are counted then. `plain` is the value until somebody asks for it: most documents are
    parsed, which takes dictionaries and lists, and never looked at again.
    """

    path: str
    value: Mapping[str, Json]
    text: str
    places: bytes
    plain: dict[str, Any] | None = field(default=None, init=False, repr=False, compare=False)
    indexes: dict[int, dict[str | int, int]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """The value, frozen when it is first asked for; the indexes of large nodes."""
            if name == "indexes":
                object.__setattr__(self, "indexes", {})
                return object.__getattribute__(self, "indexes")
            if name != "value":
                raise AttributeError(name)
            if (plain := self.plain) is not None:
                object.__setattr__(self, "value", freeze(plain))
                object.__setattr__(self, "plain", None)
            return object.__getattribute__(self, "value")

    @classmethod
    def unfrozen(cls, path: str, plain: dict[str, Any], text: str, places: bytes) -> Document:
        """One whose value is frozen when it is first asked for. Nobody may change what it gets."""
        found = object.__new__(Document)
        set_ = object.__setattr__
        set_(found, "path", path)
        set_(found, "text", text)
        set_(found, "places", places)
        set_(found, "plain", plain)
        return found

    def __reduce__(self) -> tuple[Callable[..., Document], tuple[object, ...]]:
        return Document.unfrozen, (self.path, self.thawed, self.text, self.places)

    @property
    def thawed(self) -> dict[str, Any]:
        """The value as dictionaries and lists, which nobody may change."""
        plain = self.plain
        return cast(dict[str, Any], thaw(self.value)) if plain is None else plain

    @property
    def kept(self) -> Any:
        """The value as it is kept: frozen, or as dictionaries and lists, which nobody may change.
        For who only looks at it: to freeze it takes as long as to look."""
        plain = self.plain  # once: another thread may freeze it
        return self.value if plain is None else plain

    def at(self, path: Path = (), offset: int = 0) -> Span:
        """The place of the value at `path`, or of its nearest parent that exists.

        `offset` counts characters into a text value; where the text isn't written on one line as
        it is (folded, escaped), the value's own place comes back.
        """
        place, value, _ = self._find(path)
        line, column = position(self.text, place[0])
        if offset and isinstance(value, str):
            inset = self._inset(place[0], value)
            column += inset + offset if inset >= 0 else 0
        return Span(self.path, line, column)

    def key_at(self, path: Path) -> Span:
        """The place of the key at `path`; falls back to `at`."""
        place, _, found = self._find(path)
        return Span(self.path, *position(self.text, place[1 if found else 0]))

    def gap_at(self, path: Path) -> Span:
        """The place that says that nothing stands at `path`: the key of what it would stand in."""
        return self.key_at(path[:-1])

    def file_of(self, path: Path) -> str:
        """The file in which the value at `path` is written: what is relative to a document's own
        file is relative to this one."""
        del path
        return self.path

    def written(self, path: Path) -> str:
        """The word or number at `path` as its document has it: 1.10, 0x1F."""
        place, _, _ = self._find(path)
        found = _PLAIN.match(self.text, place[0])
        return found[1] if found else ""

    def may_hold(self, mark: str) -> bool:
        """Whether a text or key of the document may hold this one, without white space: what its
        file lacks, only an escape can spell."""
        for text in self.texts:  # noqa: SIM110 - no generator: this is asked of every document
            if mark in text or "\\" in text:
                return True
        return False

    def may_say(self, holds: Callable[[str], bool]) -> bool:
        """The same of more than one mark: `holds` says it of a file's text."""
        return any(holds(text) or "\\" in text for text in self.texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """The parts of files that the document is written in. Of a large file it is not much more
        than the document's own: thousands of documents may be in one, and be asked."""
        text = self.text
        if len(text) > _SMALL:
            text = text[self.start : end_of_document(text, self.start)]
        return (text,)

    def patched(self, path: Path) -> bool:
        """Whether an overlay set or removed what stands at `path`."""
        del path
        return False

    def onto(self, at: Span) -> Span | None:
        """The place in the document as it is read that a place in an overlay of it changes."""
        del at
        return None

    def keys(self, path: Path) -> tuple[str, ...]:
        """The keys of the mapping at `path`; none where there is no mapping."""
        value: Json = self.value
        for part in path:
            if isinstance(value, tuple) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                value = value.get(str(part)) if isinstance(value, Mapping) else None
        return tuple(value) if isinstance(value, Mapping) else ()

    def added(self, path: Path) -> tuple[str, ...]:
        """The keys of the mapping at `path` that overlays added to it."""
        del path
        return ()

    def removed(self, path: Path) -> bool:
        """Whether nothing stands at `path` because an overlay removed it."""
        del path
        return False

    @property
    def start(self) -> int:
        """Where in the text of its file it begins."""
        return memoryview(self.places).cast("I")[0]

    @property
    def starts(self) -> tuple[Span, ...]:
        """Where the texts begin that the document is made of."""
        return (self.at(),)

    @property
    def patches(self) -> tuple[Span, ...]:
        """Where the patches begin that overlays of the document are made of."""
        return ()

    def _inset(self, start: int, value: str) -> int:
        """How far from its start a text stands as it is; -1 where it doesn't, on one line."""
        quote = self.text[start]
        if quote not in "'\"":
            return 0 if self.text.startswith(value, start) else -1
        as_it_is = quote not in value and self.text.startswith(value + quote, start + 1)
        return 1 if as_it_is else -1

    def _find(self, path: Path) -> tuple[memoryview, Json, bool]:
        """The numbers and the value of what is at `path`, or of its nearest parent."""
        places = memoryview(self.places).cast("I")
        node, value = 0, self.kept
        for part in path:
            if (type(value) is MappingProxyType or isinstance(value, Mapping)) and part in value:
                if len(value) > _MANY:
                    child = self._index(places, node, value)[part]
                else:
                    child = node + NODE
                    for key in value:
                        if key == part:
                            break
                        child += places[child + 2] * NODE
                node, value = child, value[str(part)]
            elif isinstance(value, _LISTS) and isinstance(part, int) and 0 <= part < len(value):
                if len(value) > _MANY:
                    child = self._index(places, node, range(len(value)))[part]
                else:
                    child = node + NODE
                    for _ in range(part):
                        child += places[child + 2] * NODE
                node, value = child, value[part]
            else:
                return places[node : node + NODE], value, False
        return places[node : node + NODE], value, True

    def _index(
        self, places: memoryview, node: int, keys: Iterable[str | int]
    ) -> Mapping[str | int, int]:
        """Where each child of a node has its numbers: to count up to them anew for each of many
        thousands takes longer than anything else."""
        found = self.indexes.get(node)
        if found is None:
            found, child = {}, node + NODE
            for key in keys:
                found[key] = child
                child += places[child + 2] * NODE
            self.indexes[node] = found
        return found


def read(
    text: str | bytes, path: str, frame: str = "exactly apiVersion, kind, metadata and spec"
) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...]]:
    """The documents of one file, and what is wrong with the others. Empty documents don't count.
    `frame` says for people what a document of this file has.

    A document with problems isn't returned, but for one whose only problems are known secrets,
    which it is without; after a syntax error reading goes on at the next `---`. A byte order mark
    tells the encoding: such a file has that problem, and is read all the same. Switch the garbage
    collector off around many calls: reading makes many objects and no cycles.
    """
    decoded = decode(text, path)
    if isinstance(decoded, Diagnostic):
        plain_text = unmarked(text)
        if plain_text is None:
            return (), (decoded,)
        read_, wrong = read(plain_text, path, frame)
        return read_, in_order((decoded, *wrong))
    may_hold_secrets, may_have_look_alikes, plain_documents = _quick()
    doubtful = may_hold_secrets(decoded)
    if not doubtful and not may_have_look_alikes(decoded):
        plain = plain_documents(decoded)
        if plain is not None:
            return tuple([Document.unfrozen(path, v, decoded, places) for v, places in plain]), ()
    from exai_specs.known_secrets import known_secrets, without_secrets
    from exai_specs.look_alikes import look_alikes
    from exai_specs.yaml_stream import converted

    documents: list[Document] = []
    problems: list[Diagnostic] = []
    for conversion in converted(decoded, path, frame):
        if len(problems) > MAX_IN_FILE:
            break
        if isinstance(conversion, Diagnostic):
            problems.append(conversion)
            continue
        value = conversion.value
        flaws = conversion.problems.listed
        problems += flaws
        if isinstance(value, Mapping):
            document = Document(path, value, decoded, conversion.places)
            secret = islice(known_secrets(value), MAX_PROBLEMS) if doubtful else ()
            secrets = [_secret(document, *each) for each in secret]
            found: list[Diagnostic] = []
            if not flaws and may_have_look_alikes(decoded):
                found += islice(look_alikes(document, lines_of(decoded)), MAX_PROBLEMS)
            problems += [*secrets, *found]
            if secrets and isinstance(cleared := without_secrets(value), Mapping):
                document = Document(path, cleared, decoded, conversion.places)
            if not flaws and not found:
                documents.append(document)
    if len(problems) > MAX_IN_FILE:
        problems[MAX_IN_FILE:] = [more_problems(problems[-1].at, MAX_IN_FILE, "file")]
    return tuple(documents), in_order(problems)


@cache
def _quick() -> tuple[
    Callable[[str], bool], Callable[[str], bool], Callable[[str], list[Read] | None]
]:
    """What every text is held against, imported where the first is read: to ask for an import
    again takes as long as a look at a text."""
    from exai_specs.known_secrets import may_hold_secrets
    from exai_specs.look_alikes import may_have_look_alikes
    from exai_specs.yaml_plain import plain_documents

    return may_hold_secrets, may_have_look_alikes, plain_documents


def _secret(document: Document, path: Path, words: str) -> Diagnostic:
    return Diagnostic(
        "secret-in-spec",
        f"{words} must not be in a spec",
        document.at(path),
        hint="write {secret: NAME, key: KEY} where a reference can stand, and change what was "
        "written here if anybody has seen it",
    )
