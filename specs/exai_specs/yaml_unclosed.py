"""Brackets and quotes that are opened and never closed, which YAML notices only far below.

In: the text, and where libyaml had to stop. Out: what is open there, and the diagnostic at the
bracket or the quote itself, with the place where reading stopped. Never: raises for bad text.
"""

from __future__ import annotations

import contextlib

import yaml
from yaml import YAMLError

from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.regexes import regex
from exai_specs.values import frozen

_TOKEN = regex(
    r"""(?<![^\s,\[{:])(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(?<!\S)\#[^\n\r]*|[\[\]{}]""",
)
# What people begin a line with: another field, or another item of a list.
_BEGUN = regex(r"""[ ]*(?:-[ ]+|(?:-[ ]+)*["']?[A-Za-z_][\w.-]*["']?:(?:[ ]|$))""")
_BRACKETS = {
    "{": (
        "the mapping opened with `{` isn't closed, or lacks a comma",
        "separate its fields with commas and close it with `}`; quote text with special characters",
    ),
    "[": (
        "the list opened with `[` isn't closed, or lacks a comma",
        "separate its items with commas and close it with `]`; quote text with special characters",
    ),
}


@frozen
class Opened:
    """What is open, and the index in the text: a bracket, or a quote that was ended there."""

    at: Span
    start: int
    ended: Span | None

    @property
    def related(self) -> tuple[tuple[str, Span], ...]:
        said = "it is opened here" if self.ended is None else _QUOTED
        return ((said, self.at),)


_QUOTED = "the text in quotes that ends there begins here"


def open_at(text: str, at: Span) -> Opened | None:
    """What is open where reading stops: a list or mapping in brackets; or a quote from a line above
    that is closed there: where one is missing, the next one in the file ends it."""
    last: yaml.ScalarEvent | None = None
    opened: list[yaml.CollectionStartEvent] = []
    with contextlib.suppress(YAMLError):
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.ScalarEvent) and event.style in ("'", '"'):
                last = event
            elif isinstance(event, yaml.CollectionStartEvent):
                opened.append(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                opened.pop()
    start, end = (last.start_mark, last.end_mark) if last is not None else (None, None)
    if start and end and start.line < end.line and end.line + 1 == at.line:
        ended = Span(at.path, end.line + 1, end.column)
        return Opened(Span(at.path, start.line + 1, start.column + 1), start.index, ended)
    if not opened or not opened[-1].flow_style:
        return None
    for each in reversed(opened):
        # An anchor or a tag may stand before the bracket, which ends the mark; a pair in a list,
        # `[a: 1]`, is a mapping without one.
        mark = each.end_mark
        if mark is not None and text[mark.index - 1 : mark.index] in _BRACKETS:
            return Opened(Span(at.path, mark.line + 1, mark.column), mark.index - 1, None)
    return None


def never_closed(text: str, lines: list[str], opened: Opened, at: Span) -> Diagnostic | None:
    """The diagnostic at what is opened and not closed; None where it may be closed, so that the
    mistake is where reading stopped."""
    first, stopped = opened.at, (("reading stopped here", at),)
    if opened.ended is not None:
        depth = _depth(lines[first.line - 1])
        below = lines[first.line : opened.ended.line]
        if not any(_BEGUN.match(line) and _depth(line) <= depth for line in below):
            return None
        message = "a quote is opened here and never closed"
        stopped = (("the next quote, which ends it", opened.ended),)
        return Diagnostic("yaml-syntax", message, first, hint="close the quote", related=stopped)
    behind = "".join(lines[at.line - 1 :])[at.column - 1 :].strip()
    if behind and (first.line >= at.line or _is_closed(text, opened.start)):
        return None
    message, hint = _BRACKETS[text[opened.start]]
    related = stopped if behind else ()
    return Diagnostic("yaml-syntax", message, first, hint=hint, related=related)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _is_closed(text: str, index: int) -> bool:
    """Whether as many brackets are closed as opened from there on, but for those in quotes."""
    depth = 0
    for found in _TOKEN.finditer(text, index):
        token = found[0]
        depth += (token in ("[", "{")) - (token in ("]", "}"))
        if depth <= 0 and len(token) == 1:
            return True
    return False
