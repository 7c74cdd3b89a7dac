"""A document's events as a value, in one pass that yields places and problems, too.

In: the events of a document (see `yaml_stream`). Out: frozen values with their places, problems.
Never: a tree of nodes, constructors, tags, or recursion deeper than `MAX_DEPTH`.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType

from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from exai_specs.diagnostics import MAX_PROBLEMS, Diagnostic, Span
from exai_specs.documents import NODE
from exai_specs.frozen import Json
from exai_specs.regexes import regex
from exai_specs.yaml_errors import cut_expression
from exai_specs.yaml_events import Anchors, Event, is_all_keys
from exai_specs.yaml_mistakes import uncoloned, unspaced
from exai_specs.yaml_problems import Problems
from exai_specs.yaml_scalars import Refused, Scalar, plain, plain_key, scalar_of
from exai_specs.yaml_text import MAX_DEPTH, position

MAX_ALIASED = 1000
"""Nodes of one document that stand there through an alias: enough to share settings, no bomb."""

_WHOLE = regex(r"(?<![\w.,-])(-?[0-9]{1,15}),$")
_COLON = regex(r"[ \t]*:")
_CONTROL = regex("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff]")


class _Bomb(Exception):
    """Aliases of aliases, which could take hours to be looked through: the rest isn't."""


class Conversion:
    """One document's events as a value. Problems are collected, not raised: `flaws` are the places,
    among the numbers of `places`, of values that have one, `holes` those of mappings of which a key
    or more isn't in the value, and `passed` the words of these."""

    __slots__ = (
        *("flaws", "holes", "passed", "path", "problems", "text", "value"),
        *("_aliased", "_anchors", "_depth", "_events", "_places", "_seen"),
    )

    def __init__(self, text: str, path: str, events: Iterator[Event], anchors: Anchors) -> None:
        self.path = path
        self.value: Json = None
        self.text = text
        self.flaws: list[int] = []
        self.holes: list[int] = []
        self.passed: list[str] = []
        self.problems = Problems(path)
        self._places: list[int] = []
        self._events = events
        self._anchors = anchors
        self._depth = 0
        self._seen: set[int] | None = set() if anchors.places else None
        self._aliased = 0

    def read(self, root: Event, frame: str) -> None:
        """The document that begins with this event; only a mapping is one. Raises YAMLError."""
        if type(root) is not MappingStartEvent:
            self._problem(
                "wrong-type",
                "a document is a mapping",
                root if type(root) is not AliasEvent else self._anchors.first(root),
                f"it has {frame}",
            )
        with suppress(_Bomb):
            self.value = self._value(root, root)
        self.problems.end()

    @property
    def places(self) -> bytes:
        """As a `Document` has them."""
        return array("I", self._places).tobytes()

    def _value(self, event: Event, key: Event) -> Json:
        """The value that begins with an event, and its place; `key` is the event of its key, or its
        own."""
        kind = type(event)
        if kind is AliasEvent:
            return self._repeated(event, key if key is not event else None)
        places = self._places
        if self._seen is not None:
            self._count(event)
        start = len(places)
        places += (event.start_mark.index, key.start_mark.index, 1)
        if kind is ScalarEvent:
            met = self.problems.met
            scalar = self._scalar(event)
            if self.problems.met == met:
                return scalar
            self.flaws.append(start)
            return None  # it may be no name of a file, or of anything else
        if event.tag is not None or not event.implicit:
            self.problems.tagged(event)
            self.flaws.append(start)
        if self._depth >= MAX_DEPTH:
            self.problems.deep(event)
            self._passed(event)
            return None
        self._depth += 1
        value: Json = self._mapping(start) if kind is MappingStartEvent else self._list()
        self._depth -= 1
        places[start + 2] = (len(places) - start) // NODE
        return value

    def _repeated(self, alias: Event, key: Event | None) -> Json:
        first = self._anchors.first(alias)
        outer, self._events = self._events, self._anchors.inside(alias)
        value = self._value(first, key or first)
        self._events = outer
        return value

    def _mapping(self, start: int) -> Mapping[str, Json]:
        values: dict[str, Json] = {}
        events, places = self._events, self._places
        simple = self._seen is None
        for event in events:
            first, fine = event, None
            if type(event) is ScalarEvent:
                fine = plain_key(event.value) if event.implicit[0] else None
                key = fine or self._key(event)
            elif type(event) is MappingEndEvent:
                break
            else:
                first, key = self._other_key(event)
            value = next(events)
            kind = type(value)
            if key is None or (fine is None and self._holds_value(key, first, value)):
                self.holes.append(start)
                self._leave_out(first, value)
            elif key in values:
                self._duplicate(key, first, values, start)
                self._leave_out(first, value)
            elif (
                kind is ScalarEvent
                and simple
                and value.implicit[0]
                and type(word := scalar_of(value.value)) is str
                and "${{" not in word
            ):  # as most values are: a call for each of them is time
                places += (value.start_mark.index, first.start_mark.index, 1)
                values[key] = word
            else:
                values[key] = self._value(value, first)
        return MappingProxyType(values)

    def _list(self) -> tuple[Json, ...]:
        values: list[Json] = []
        for event in self._events:
            if type(event) is SequenceEndEvent:
                break
            values.append(self._value(event, event))
        return tuple(values)

    def _scalar(self, event: Event) -> Scalar:
        text: str = event.value
        if event.implicit[0]:  # plain
            value = scalar_of(text)
            if type(value) is str:
                if "${{" in text:
                    self.problems.add(cut_expression(event, self.text, self.path))
            elif isinstance(value, Refused):
                self._problem("number-format", value.message, event, value.hint)
                return None
            return value
        if event.tag is not None or not event.style:
            self.problems.tagged(event)
        elif event.style == '"' and _CONTROL.search(text):
            self._problem("not-text", "the text has a control character", event, "remove it")
        return text

    def _key(self, event: Event) -> str | None:
        if event.implicit[0] and event.value == "<<":
            self._problem(
                "merge-key",
                "`<<` isn't supported",
                event,
                "write the fields out, or use an overlay for what differs",
            )
            return None
        key = self._scalar(event)
        if type(key) is str:
            return sys.intern(key)
        if key is None and isinstance(plain(event.value), Refused):
            return None
        shown = event.value
        hint = f'quote it: "{shown}"' if shown else "write a word before the colon"
        if (decimal := self._decimal(event)) is not None:
            hint = f"write {decimal}, with a point"
        elif shown[:1].isdigit():  # labels may be called so; what exai names may not
            plainer = f"n{re.sub('[^a-z0-9]', '', shown.lower())}"
            hint = f'begin a name with a letter: {plainer}; quote a key that is none: "{shown}"'
        self._problem("key-not-text", "a key must be text", event, hint)
        return None

    def _decimal(self, event: Event) -> str | None:
        """The number whose digits behind a comma were read as a key: `{max: 70,5}`."""
        start, end = event.start_mark.index, event.start_mark.index + len(event.value)
        before = _WHOLE.search(self.text[max(0, start - 20) : start])
        if before is None or not event.value.isdigit() or _COLON.match(self.text, end):
            return None
        return f"{before[1]}.{event.value}"

    def _other_key(self, event: Event) -> tuple[Event, str | None]:
        """A key that is an alias, a list or a mapping, with the event that it begins with."""
        if type(event) is AliasEvent:
            first = self._anchors.first(event)
            if type(first) is ScalarEvent:
                return first, self._key(first)
            inside = list(self._anchors.inside(event))
        else:
            first, inside = event, self._passed(event)
        hint = "write a plain word as the key"
        if type(first) is MappingStartEvent and is_all_keys(inside):  # {{ x }}
            hint = "an expression begins with a dollar sign: ${{ ... }}"
        self._problem("key-not-text", "a key must be text", first, hint)
        return first, None

    def _leave_out(self, key: Event, value: Event) -> None:
        said = (key, value, *self._passed(value))
        self.passed += (each.value for each in said if type(each) is ScalarEvent)

    def _passed(self, event: Event) -> list[Event]:
        """Passes over the value that begins with an event; the events in it."""
        passed: list[Event] = []
        depth = 0
        while True:
            if isinstance(event, CollectionStartEvent):
                depth += 1
            elif isinstance(event, CollectionEndEvent):
                depth -= 1
            elif type(event) is AliasEvent:
                self._anchors.first(event)
            if not depth:
                return passed
            event = next(self._events)
            passed.append(event)

    def _holds_value(self, key: str, event: Event, value: Event) -> bool:
        """Whether a key holds what was meant as its value, since no colon with a space is between
        them: `{name:iris}`, `spec:{a: b}`, `spec = {a: b}`."""
        name, colon, rest = key.partition(":")
        plain_ = type(value) is ScalarEvent and value.implicit[0]
        if not event.implicit[0] or not plain_:
            return False
        at = self.problems.at(event)
        if colon and rest and (not value.value or rest[0] in "{["):
            self.problems.add(unspaced(Span(at.path, at.line, at.column + len(name)), rest))
            return True
        start = min((key.find(each) for each in "{[" if each in key), default=-1)
        if not colon and start >= 0 and value.value.endswith(("}", "]")):
            self.problems.add(uncoloned(Span(at.path, at.line, at.column + start)))
            return True
        return False

    def _duplicate(self, key: str, event: Event, values: Mapping[str, Json], start: int) -> None:
        if len(self.problems.listed) >= MAX_PROBLEMS:  # which is all that there is to say
            self.problems.twice(key, event, 1, 1)
            return
        child = start + NODE
        for other in values:
            if other == key:
                break
            child += self._places[child + 2] * NODE
        self.flaws.append(child)
        first = position(self.text, self._places[child + 1])
        self.problems.twice(key, event, *first, at_root=self._depth == 1)

    def _count(self, event: Event) -> None:
        """Counts a value that stands there again. Raises _Bomb."""
        assert self._seen is not None  # noqa: S101 - asked for documents with anchors alone
        if id(event) not in self._seen:
            self._seen.add(id(event))
            return
        self._aliased += 1
        if self._aliased > MAX_ALIASED:
            self._problem(
                "alias-budget",
                f"aliases repeat more than {MAX_ALIASED} values in this document",
                event,
                "write the values out, or share them through a spec of their own",
            )
            raise _Bomb

    def _problem(self, code: str, message: str, event: Event, hint: str) -> None:
        self.problems.add(Diagnostic(code, message, self.problems.at(event), hint=hint))
