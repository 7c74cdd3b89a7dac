"""The documents of a text, each read as soon as it ends; what YAML can't read breaks it.

In: the text of a file. Out: a `Conversion` for each document that can be read, a diagnostic for
what can't. Never: what a document's values mean, nor what YAML could have meant after a break.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from yaml.events import DocumentStartEvent, ScalarEvent

from exai_specs.diagnostics import Diagnostic
from exai_specs.yaml_begun import more_begun
from exai_specs.yaml_breaks import MOST_BREAKS, next_mark, says_what_it_is, without
from exai_specs.yaml_errors import explain
from exai_specs.yaml_events import NO_ANCHORS, Anchors, events_of, first_deep
from exai_specs.yaml_mistakes import conflicts
from exai_specs.yaml_scalars import plain
from exai_specs.yaml_text import lines_of, may_be_deep
from exai_specs.yaml_values import Conversion


def converted(text: str, path: str, frame: str) -> Iterator[Conversion | Diagnostic]:
    """Each document that isn't empty and was read whole. After a syntax error the next `---` begins
    one, if it says that it is. `frame` says for people what a document of this file has."""
    rest, doubtful, end = text, may_be_deep(text), 0
    for breaks in range(MOST_BREAKS):
        if doubtful:
            deep = first_deep(rest, path)
            if deep:
                yield deep
                return
        try:
            for conversion in _up_to_a_break(rest, path, frame):
                if not breaks or says_what_it_is(conversion.value):
                    yield conversion
            return
        except yaml.YAMLError as error:
            start, end = end, next_mark(rest, error)
            unmerged = conflicts(text[:end], start, path)
            yield from _syntax_errors(error, rest[:end], path) if unmerged is None else unmerged
            if end == len(rest):
                return
            rest = without(rest, end)


def _syntax_errors(error: yaml.YAMLError, text: str, path: str) -> Iterator[Diagnostic]:
    """The one that reading stopped at, and what lines below can't begin with, either."""
    first = explain(error, text, path)
    yield first
    yield from more_begun(lines_of(text), first)


def _up_to_a_break(text: str, path: str, frame: str) -> Iterator[Conversion]:
    """Raises YAMLError."""
    events = events_of(text)
    read: Conversion | None = None
    for event in events:
        if read is not None:  # only what follows tells whether a document without `...` ends
            yield read
            read = None
        if type(event) is not DocumentStartEvent:
            continue  # the stream's own, or a document's end
        anchors = Anchors(events) if "&" in text else NO_ANCHORS
        mine = iter(anchors.events) if anchors.events else events
        root = next(mine)
        if type(root) is ScalarEvent and root.implicit[0] and plain(root.value) is None:
            continue
        conversion = Conversion(text, path, mine, anchors)
        conversion.read(root, frame)
        end = anchors.events[-1] if anchors.events else next(events)
        if end.explicit:
            yield conversion
        else:
            read = conversion
