"""The other lines of a text that can't begin as they do: with a tab in the indentation, or with a
value that begins with `@`, `` ` `` or `%`.

In: a text, and the first of them, where libyaml stopped. Out: a diagnostic at each below it. One
pass finds them, over the text with a space or a letter in place of each: what is in quotes, in a
block of lines or in a comment there isn't one. Never: raises for bad text.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import yaml
from yaml._yaml import CParser

from exai_specs.diagnostics import MAX_IN_FILE, Diagnostic, Span
from exai_specs.regexes import regex
from exai_specs.values import frozen, replace
from exai_specs.yaml_mistakes import BEGINS_NO_TEXT, cannot_begin, tab_at

# What is before the first key or value of a line.
_LEAD = regex(r"(?=[- ]*\t)[ \t]*(?:-[ \t]+)*")
# At the start of a line `%` begins a directive.
_ODD = regex(r"(?<=[ \t\[{,])[@`%]|^[@`]")
_OPENS = (yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken)
_CLOSES = (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
_ENDS = (yaml.BlockEndToken, yaml.StreamEndToken)  # what follows begins there, or nothing


@frozen
class _Scanned:
    """Where what is read `begins`, line and column from 0; the lines that are `inside` of brackets
    or of quotes, where YAML passes over tabs, and the `last` that was read."""

    begins: frozenset[tuple[int, int]]
    inside: frozenset[int]
    last: int


def more_begun(lines: Sequence[str], first: Diagnostic) -> Iterator[Diagnostic]:
    """All that is wrong so behind the `first` of it, in order, as many as a file's are listed."""
    if first.code == "tab" or first.message in BEGINS_NO_TEXT:
        # Documents that were read before are blank lines.
        start = next(number for number, line in enumerate(lines) if line.strip(" "))
        yield from islice(_found(lines[start:], start, first.at), MAX_IN_FILE)


def _found(lines: Sequence[str], above: int, first: Span) -> Iterator[Diagnostic]:
    leads = [_lead(line) for line in lines]
    odd = [[found.start() for found in _ODD.finditer(line)] for line in lines]
    below = range(first.line - 1 - above, len(lines))
    if not any(leads[number] or odd[number] for number in below):
        return
    read = _scanned(
        [
            _ODD.sub("x", lead.replace("\t", " ") + line[len(lead) :])
            for lead, line in zip(leads, lines, strict=True)
        ]
    )
    for number in below:
        if number > read.last:
            return
        line, tab, end = lines[number], lines[number].find("\t"), len(leads[number])
        # At the very start of a line a tab is in no block of lines, which is indented.
        bad = not tab or (number, end) in read.begins
        at = Span(first.path, above + number + 1, tab + 1)
        if leads[number] and bad and number not in read.inside and at.line > first.line:
            yield tab_at(line, at)
        for column in odd[number]:
            at = replace(at, column=column + 1)
            if (number, column) in read.begins and at > first:
                yield cannot_begin(line, at)


def _lead(line: str) -> str:
    # Only from its start: a search for one goes over a long line from each of its letters.
    found = _LEAD.match(line)
    return found[0] if found is not None else ""


def _scanned(lines: Sequence[str]) -> _Scanned:
    begins: set[tuple[int, int]] = set()
    inside: set[int] = set()
    depth = opened = last = 0
    scanner = CParser("\n".join(lines))
    with contextlib.suppress(yaml.YAMLError):
        while (token := scanner.get_token()) is not None:
            start, end = _marks(token)
            if isinstance(token, yaml.StreamEndToken):
                last = len(lines)
            if not isinstance(token, _ENDS):
                begins.add((start.line, start.column))
                last = end.line
            if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                inside.update(range(start.line + 1, end.line + 1))
            elif isinstance(token, _OPENS):
                opened = start.line if not depth else opened
                depth += 1
            elif isinstance(token, _CLOSES):
                depth = max(0, depth - 1)
                if not depth:
                    inside.update(range(opened + 1, end.line + 1))
    if depth:
        inside.update(range(opened + 1, len(lines)))
    return _Scanned(frozenset(begins), frozenset(inside), last)


def _marks(token: Any) -> tuple[Any, Any]:
    """Which libyaml's always have."""
    return token.start_mark, token.end_mark
