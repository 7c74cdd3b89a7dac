"""Documents in the small part of YAML that most specs are written in, read without libyaml's
events: block mappings and lists, texts of one line, lines behind `|` and `>`, brackets, comments.

In: the text of a file, of characters that YAML may read. Out: its documents as plain values with
their places, the same as `yaml_values` gives; or None for a file with anything else in it, right or
wrong. Never: a problem, or a guess. What isn't certain is libyaml's.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from exai_specs.yaml_scalars import Refused, Scalar, plain, plain_key

_NODE = 3  # numbers of a place, as `documents` has them
_DEEPEST = 24  # levels of blocks, and of brackets: together fewer than are too deep

# A key that can be nothing else; libyaml refuses one of more than 1,024 characters.
_KEY = r"([A-Za-z_/][A-Za-z0-9_./-]{0,1000}+):"
_QUOTED = r""""[^"\\\n]*+"|'[^'\n]*+'"""
# No indicator at the start, nor `---` or `...`; inside no `: ` and no ` #`, and no brackets where
# they are in brackets. An expression that isn't closed is libyaml's: a comment may have cut it.
# Spaces at the end don't count.
_FIRST = r"""(?:[^ \n.?:,\[\]{}#&*!|>'"%@`-]|-{1,2}(?=[A-Za-z0-9_/])|\.{1,2}(?!\.))"""
_INSIDE = r":(?=[^ \n])|(?<=[^ ])\#|\{(?:(?!\{)|\{[^\n:#{}]*+\}\})"
_BLOCK = rf"{_FIRST}[^\n:#{{]*+(?:(?=[:#{{])(?:(?:{_INSIDE})[^\n:#{{]*+)*|)"
_IN = r"[^\n:#,?\[\]{}]*+"
_FLOW = rf"{_FIRST}{_IN}(?:(?=[:#])(?:(?::(?=[^ \n,?\[\]{{}}])|(?<=[^ ])\#){_IN})*|)"
_END = r"(?:\n|[ ]*+(?:(?<= )\#[^\n]*+|)\n)"
_GAP = r"[ \n]*+(?:(?=\#)(?:(?<=[ \n])\#[^\n]*+\n[ \n]*+)*|)"

# An empty branch is several times as fast as a group with a question mark.
_LINE = re.compile(
    rf"([ ]*+)(-[ ]++|)(?:{_KEY}(?:[ ]++|(?=\n))|)"
    rf"(?:({_BLOCK}|{_QUOTED}|---){_END}|([\[{{])|([|>]-?)\n|(?:\#[^\n]*+|)\n)"
).match
# What stands behind `|` or `>`, if nothing is indented further, and no line is empty but the last.
_LINES = re.compile(r"([ ]++)(?![ \n])[^\n]*+\n(?:\1(?![ \n])[^\n]*+\n)*+\n*+(?![ ]++\n|\1)").match
_INDICATED = re.compile(r"[|>]").search
_REST = re.compile(_END).match
_ITEM = re.compile(rf"{_GAP}(?:({_FLOW}|{_QUOTED}){_GAP}|)([,\]}}\[{{])").match
_PAIR = re.compile(rf"{_GAP}(?:{_KEY}[ ]++|)(?:({_FLOW}|{_QUOTED}){_GAP}|)([,\]}}\[{{])").match
_NEXT = re.compile(rf"{_GAP}([,\]}}])").match

Read = tuple[dict[str, Any], bytes]
_Level = tuple[Any, int, int]
_Around = list[tuple[Any, int, int, str | int]]


class _Other(Exception):
    """The text has something that isn't read here."""


def plain_documents(text: str) -> list[Read] | None:
    """Value and places of each document that isn't empty; None where libyaml is to be asked."""
    if "\t" in text or "\r" in text:
        return None
    if not text.endswith("\n"):
        if _INDICATED(text):
            return None  # whether a text ends with a line break hangs on the one that is missing
        text += "\n"
    found: list[Read] = []
    at = 0
    try:
        while at < len(text):
            value, places, at = _document(text, at)
            if value:
                found.append((value, array("I", places).tobytes()))
    except _Other:
        return None
    return found


def _document(text: str, at: int) -> tuple[dict[str, Any], list[int], int]:
    """One document, up to the next `---` or the end of the text."""
    end = len(text)
    places: list[int] = []
    root: dict[str, Any] = {}
    # The innermost open mapping or list, its column and place; those around it, with what it is
    # called there; and the key of a mapping whose value may stand on the next lines.
    values: Any = root
    column, start = -1, 0
    around: _Around = []
    waiting: str | None = None
    while at < end:
        if (line := _LINE(text, at)) is None:
            raise _Other
        at = line.end()
        indent, dash, key, written, opened, lines = line.groups()
        if key is None and not dash:
            if _ends(line):
                break
            continue
        here = len(indent)
        if here != column or dash or type(values) is list:
            level = values, column, start
            values, column, start = _level(level, line, here, waiting, places, around)
        waiting = None
        if dash:
            if key is None:
                at = _item(text, line, places, values)
                continue
            around.append((values, column, start, len(values)))
            values.append(None)
            values, column, start = {}, here + len(dash), len(places)
            place = line.start(3)
            places += (place, place, 1)
        name, place = plain_key(key), line.start(3)
        if name is None or name in values:
            raise _Other
        if written is not None:
            places += (line.start(4), place, 1)
            values[name] = _value(written)
        elif sign := opened or lines:
            places += (line.start(5 if opened else 6), place, 1)
            values[name], at = _behind(text, at, sign, places, column)
        else:
            places += (place + len(key) + 1, place, 1)
            values[name], waiting = None, name
    while around:
        values, column, start = _closed(values, start, places, around)
    places[2:3] = [len(places) // _NODE]
    return root, places, at


def _ends(line: re.Match[str]) -> bool:
    """Whether a line without key and dash is `---`; else it must be blank, or a comment."""
    ends = line[4] == "---" and not line[1]
    if not ends and (line[4] or line[5] or line[6]):
        raise _Other
    return ends


def _level(
    level: _Level,
    line: re.Match[str],
    here: int,
    waiting: str | None,
    places: list[int],
    around: _Around,
) -> _Level:
    """The mapping or list that a line belongs to: a new one, this one, or one around it."""
    values, column, start = level
    dash = bool(line[2])
    if waiting is not None and (here > column or (here == column and dash)):
        around.append((values, column, start, waiting))
        values, column, start = [] if dash else {}, here, len(places) - _NODE
        places[start] = line.start(2)
    elif not places:
        column = 0
        places += (line.start(3), line.start(3), 1)
    while here < column or (here == column and not dash and type(values) is list):
        values, column, start = _closed(values, start, places, around)
    if here != column or (dash and type(values) is dict) or len(around) > _DEEPEST:
        raise _Other
    return values, column, start


def _item(text: str, line: re.Match[str], places: list[int], values: list[Any]) -> int:
    """Adds what stands behind a dash, without a key, to a list; where its line ends."""
    written, opened = line.group(4, 5)
    place = line.start(4 if opened is None else 5)
    places += (place, place, 1)
    if written is not None:
        values.append(_value(written))
        return line.end()
    if opened is None:
        raise _Other
    value, at = _behind(text, line.end(), opened, places, 0)
    values.append(value)
    return at


def _behind(text: str, at: int, sign: str, places: list[int], column: int) -> tuple[Any, int]:
    """What stands behind a bracket, `|` or `>`, and where its last line ends."""
    if sign not in _BRACKETS:
        return _lines(text, at, sign, column)
    value, at = _BRACKETS[sign](text, at, places, 0)
    return value, _rest(text, at)


def _lines(text: str, at: int, sign: str, column: int) -> tuple[str, int]:
    """The text on the lines behind `|` or `>`, and where they end; `column` is its mapping's."""
    found = _LINES(text, at)
    if found is None or len(found[1]) <= column:
        raise _Other
    lines = [line[len(found[1]) :] for line in found[0].rstrip("\n").split("\n")]
    if sign[0] == ">" and any(line.endswith(" ") for line in lines):
        raise _Other
    joined = ("\n" if sign[0] == "|" else " ").join(lines)
    return joined if sign.endswith("-") else joined + "\n", found.end()


def _closed(values: Any, start: int, places: list[int], around: _Around) -> _Level:
    """Puts a mapping or list that has ended where it belongs; what is around it."""
    places[start + 2] = (len(places) - start) // _NODE
    outer, column, start, name = around.pop()
    outer[name] = values
    return outer, column, start


def _rest(text: str, at: int) -> int:
    """Where the line ends on which brackets were closed."""
    if text[at] == "\n":
        return at + 1
    if (rest := _REST(text, at)) is None:
        raise _Other
    return rest.end()


def _list(text: str, at: int, places: list[int], depth: int) -> tuple[list[Any], int]:
    """The list whose bracket ends at `at`, and where it ends. Its own place is there already."""
    start = len(places) - _NODE
    values: list[Any] = []
    sign = ","
    while sign == ",":
        if (item := _ITEM(text, at)) is None:
            raise _Other
        at = item.end()
        written, sign = item.groups()
        if written is not None:
            place = item.start(1)
            places += (place, place, 1)
            values.append(_value(written))
        elif sign in "[{":
            places += (at - 1, at - 1, 1)
            value, sign, at = _inner(text, at, sign, places, depth)
            values.append(value)
        elif sign == ",":
            raise _Other
    if sign != "]":
        raise _Other
    places[start + 2] = (len(places) - start) // _NODE
    return values, at


def _mapping(text: str, at: int, places: list[int], depth: int) -> tuple[dict[str, Any], int]:
    """The mapping whose bracket ends at `at`, and where it ends."""
    start = len(places) - _NODE
    values: dict[str, Any] = {}
    sign = ","
    while sign == ",":
        if (item := _PAIR(text, at)) is None:
            raise _Other
        at = item.end()
        key, written, sign = item.groups()
        if key is None:
            if written is None and sign == "}":
                break
            raise _Other
        name = plain_key(key)
        if name is None or name in values:
            raise _Other
        if written is not None:
            places += (item.start(2), item.start(1), 1)
            values[name] = _value(written)
        elif sign in "[{":
            places += (at - 1, item.start(1), 1)
            values[name], sign, at = _inner(text, at, sign, places, depth)
        else:
            raise _Other
    if sign != "}":
        raise _Other
    places[start + 2] = (len(places) - start) // _NODE
    return values, at


def _inner(text: str, at: int, opened: str, places: list[int], depth: int) -> tuple[Any, str, int]:
    """What is in brackets within brackets, the sign that follows, and where that ends."""
    if depth > _DEEPEST:
        raise _Other
    value, at = _BRACKETS[opened](text, at, places, depth + 1)
    if (following := _NEXT(text, at)) is None:
        raise _Other
    return value, following[1], following.end()


_BRACKETS: dict[str, Callable[[str, int, list[int], int], tuple[Any, int]]] = {
    "[": _list,
    "{": _mapping,
}


@lru_cache(maxsize=4096)
def _value(written: str) -> Scalar:
    """A text in quotes, or a word without."""
    if written[0] in "\"'":
        return written[1:-1]
    value = plain(written.rstrip(" "))
    if isinstance(value, Refused):
        raise _Other
    return value
