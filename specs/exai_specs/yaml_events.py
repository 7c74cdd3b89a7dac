"""libyaml's events: how deep they go, and what stands where an alias does.

In: a text, or the events of one document. Out: events. Never: values, or a tree of nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any, TypeAlias

import yaml
from yaml._yaml import CParser
from yaml.composer import ComposerError
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    ScalarEvent,
)

from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.yaml_errors import too_deep
from exai_specs.yaml_text import MAX_DEPTH

Event: TypeAlias = Any
"""An event of libyaml's, which always has its marks (PyYAML's types say that it may have none)."""


def events_of(text: str) -> Iterator[Event]:
    """The events of a text, each as libyaml comes to it; it raises YAMLError."""
    return iter(CParser(text).get_event, None)


def first_deep(text: str, path: str) -> Diagnostic | None:
    """`too-deep` at the first value that is."""
    depth = 0
    try:
        for event in events_of(text):
            if isinstance(event, CollectionStartEvent):
                depth += 1
                mark = event.start_mark
                if depth > MAX_DEPTH and mark:
                    return too_deep(Span(path, mark.line + 1, mark.column + 1))
            elif isinstance(event, CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        return None  # converting meets it again, no deeper than this
    return None


def unused_anchors(text: str) -> Iterator[tuple[str, int, int]]:
    """The anchors of texts without quotes that no alias of their document repeats, with line and
    column. Of a document that can't be read nothing is said, nor of those behind it."""
    anchors: dict[str, Event] = {}
    with suppress(yaml.YAMLError):
        for event in events_of(text):
            if isinstance(event, DocumentEndEvent):
                for name, named in anchors.items():
                    yield name, named.start_mark.line + 1, named.start_mark.column + 1
                anchors.clear()
            elif isinstance(event, AliasEvent):
                anchors.pop(str(event.anchor), None)
            elif isinstance(event, ScalarEvent) and event.anchor and event.implicit[0]:
                anchors[event.anchor] = event


class Anchors:
    """The events of one document that has anchors, and those that each anchor stands for."""

    __slots__ = ("events", "places")

    def __init__(self, events: Iterator[Event]) -> None:
        """Raises YAMLError; for an alias or anchor that can't be, as libyaml's composer does."""
        self.events: list[Event] = []
        self.places: dict[str, tuple[int, int]] = {}
        opened: list[tuple[int, str | None]] = []
        for number, event in enumerate(events):
            self.events.append(event)
            if isinstance(event, DocumentEndEvent):
                break
            if isinstance(event, CollectionEndEvent):
                first, anchor = opened.pop()
                if anchor is not None:
                    self.places[anchor] = first, number + 1
                continue
            anchor = event.anchor
            if type(event) is AliasEvent:
                self.first(event)
                continue
            if anchor in self.places:
                already = self.first(event).start_mark
                words = "found duplicate anchor; first occurrence"
                raise ComposerError(words, already, "second occurrence", event.start_mark)
            if isinstance(event, CollectionStartEvent):
                opened.append((number, anchor))
            if anchor is not None:
                self.places[anchor] = number, number + 1

    def first(self, alias: Event) -> Event:
        """The event that an alias's value begins with. Raises ComposerError."""
        if alias.anchor not in self.places:
            raise ComposerError(None, None, "found undefined alias", alias.start_mark)
        return self.events[self.places[alias.anchor][0]]

    def inside(self, alias: Event) -> Iterator[Event]:
        """The other ones."""
        first, end = self.places[alias.anchor]
        return (self.events[number] for number in range(first + 1, end))


NO_ANCHORS = Anchors(iter(()))


def is_all_keys(inside: list[Event]) -> bool:
    """Whether nothing stands beside the keys of a mapping with these events."""
    empty: list[bool] = []
    depth = 0
    for event, following in pairwise(inside):
        if isinstance(event, CollectionEndEvent):
            depth -= 1
            continue
        opens = isinstance(event, CollectionStartEvent)
        if depth == 0:
            closed = opens and isinstance(following, CollectionEndEvent)
            empty.append(closed or (type(event) is ScalarEvent and not event.value))
        depth += opens
    return all(empty[1::2])
