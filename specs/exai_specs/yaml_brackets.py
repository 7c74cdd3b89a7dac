"""What stands in brackets, in the part of YAML that `yaml_plain` reads.

In: the first line of it, and the lines behind. Out: the value with its places. Never: a guess; what
isn't plain raises `Other`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from exai_specs.frozen import Json
from exai_specs.yaml_scalars import Refused, Scalar, plain, plain_key

NODE = 3  # numbers of a place, as `documents` has them
DEEPEST = 24  # levels of blocks, and of brackets: together fewer than are too deep
KNOWN = 8192  # lines, and pairs, that are remembered: a few megabytes

# A key that can be nothing else; libyaml refuses one of more than 1,024 characters.
KEY = r"([A-Za-z_/][A-Za-z0-9_./-]{0,1000}+):"
QUOTED = r""""[^"\\\n]*+"|'[^'\n]*+'"""
# How a word without quotes begins: with no indicator, nor as `---` or `...`.
FIRST = r"""(?:[^ \n.?:,\[\]{}#&*!|>'"%@`-]|-{1,2}(?=[A-Za-z0-9_/])|\.{1,2}(?!\.))"""
# Inside it no `: ` and no ` #`, and no brackets. Spaces at the end don't count.
_IN = r"[^\n:#,?\[\]{}]*+"
_FLOW = rf"{FIRST}{_IN}(?:(?=[:#])(?:(?::(?=[^ \n,?\[\]{{}}])|(?<=[^ ])\#){_IN})*|)"

_PAIR = re.compile(rf"[ \n]*+{KEY}[ ]++({_FLOW}|{QUOTED})[ \n]*+").fullmatch
_NAME = re.compile(KEY[:-1]).fullmatch
_ITEM = re.compile(rf"[ \n]*+({_FLOW}|{QUOTED})[ \n]*+").fullmatch
# All up to the next bracket, to a comma, or to a text in quotes; that text; the sign.
_PIECES = re.compile(
    r"""([^,\[\]{}"']*+(?:(?<=[^ \n,\[{])["'][^,\[\]{}"']*+)*+)"""
    rf"({QUOTED}|)([ \n]*+)([^ \n])"
).findall


class Other(Exception):
    """The text has something that isn't read here."""


def brackets(written: str, lines: Iterator[str], place: int, places: list[int]) -> tuple[Json, int]:
    """The list or mapping in brackets that begins on a line, and may end on a later one; where the
    next line begins. Its own place is there already."""
    text = _uncommented(written)
    end = place + len(text) + 1
    count = text.count("[") + text.count("{")
    opened = count - text.count("]") - text.count("}")
    if count == 1 and opened == 0:
        first = len(places)
        try:
            return _few(text.rstrip(" "), place, places), end
        except Other:
            del places[first:]
    parts = [text]
    while opened > 0:
        if (line := next(lines, None)) is None:
            raise Other
        end += len(line) + 1
        line = _uncommented(line)
        opened += line.count("[") + line.count("{") - line.count("]") - line.count("}")
        parts.append(line)
    return _in_brackets("\n".join(parts).rstrip(" "), place, places), end


def _uncommented(line: str) -> str:
    """A line with blanks in the place of its comment. A text in quotes that holds ` #` is broken by
    that, and then nothing of it is read."""
    if "#" not in line:
        return line
    head = "" if line.lstrip(" ")[:1] == "#" else line.partition(" #")[0]
    return head.ljust(len(line))


def _few(text: str, at: int, places: list[int]) -> Json:
    """What brackets say that hold no others, nor a comma in quotes: as most do."""
    first = len(places) - NODE
    at += 1
    if text[0] == "[" and text[-1] == "]":
        items: list[Scalar] = []
        for piece in text[1:-1].split(","):
            width, begin, value = _item(piece)
            places += (at + begin, at + begin, 1)
            items.append(value)
            at += width
        places[first + 2] = len(items) + 1
        return tuple(items)
    if text[0] == "[" or text[-1] != "}":
        raise Other
    values: dict[str, Json] = {}
    for piece in text[1:-1].split(","):
        width, key, key_at, value_at, value = _pair(piece)
        if key in values:
            raise Other
        places += (at + value_at, at + key_at, 1)
        values[key] = value
        at += width
    places[first + 2] = len(values) + 1
    return MappingProxyType(values)


def _in_brackets(text: str, at: int, places: list[int]) -> Json:
    """What a text of brackets says, that stands at `at`."""
    mapping, end = text[0] == "{", at + len(text)
    values: Any = {} if mapping else []
    first = len(places) - NODE
    around: list[tuple[Any, int, str | None]] = []
    closed = False  # whether a bracket was closed last
    at += 1
    for piece, quoted, gap, sign in _PIECES(text, 1):
        name, key_at, value_at, word = _named(piece) if mapping else (None, 0, 0, piece)
        begin, value = _worded(word, quoted)
        place, inside = at + (key_at if mapping else begin), at + value_at + begin
        at += len(piece) + len(quoted) + len(gap) + 1
        opens = sign in "[{"
        if begin >= 0 or opens:
            if closed or (begin >= 0 and opens) or (mapping and name is None):
                raise Other
            if opens:
                inside = at - 1
                place = place if mapping else inside
            places += (inside, place, 1)
            if opens:
                around.append((values, first, name))
                mapping, first = sign == "{", len(places) - NODE
                values = {} if mapping else []
                continue
            _put(values, name, value)
        elif name is not None or (sign == "," and not closed):
            raise Other
        closed = sign != ","
        if not closed:
            continue
        if sign != ("}" if mapping else "]") or len(around) > DEEPEST:
            raise Other
        places[first + 2] = (len(places) - first) // NODE
        found: Json = MappingProxyType(values) if mapping else tuple(values)
        if not around:
            if at != end:
                raise Other
            return found
        values, first, name = around.pop()
        mapping = name is not None
        _put(values, name, found)
    raise Other


def _put(values: Any, name: str | None, value: Json) -> None:
    """Adds a value to a list, or to a mapping under its name."""
    if name is None:
        values.append(value)
    elif name in values:
        raise Other
    else:
        values[name] = value


def _named(piece: str) -> tuple[str | None, int, int, str]:
    """The key that a piece of a mapping begins with, where it and the rest begin, and the rest."""
    word = piece.lstrip(" \n")
    if not word:
        return None, 0, 0, ""
    key, colon, rest = word.partition(": ")
    name = plain_key(key) if colon and _NAME(key) else None
    if name is None:
        raise Other
    at = len(piece) - len(word)
    return name, at, at + len(key) + 2, rest


def _worded(word: str, quoted: str) -> tuple[int, Scalar]:
    """How far behind the start of a piece its value begins, and the value; -1 where none is."""
    if not word.strip(" \n"):
        return (len(word), quoted[1:-1]) if quoted else (-1, None)
    if quoted:
        raise Other
    _, begin, value = _item(word)
    return begin, value


@lru_cache(KNOWN)
def _pair(text: str) -> tuple[int, str, int, int, Scalar]:
    """A key and its value in brackets, and where they begin; first, how long it is with a comma."""
    found = _PAIR(text)
    name = plain_key(found[1]) if found else None
    if found is None or name is None:
        raise Other
    return len(text) + 1, name, found.start(1), found.start(2), scalar(found[2])


@lru_cache(KNOWN)
def _item(text: str) -> tuple[int, int, Scalar]:
    """What stands between the commas of a list, in the same order."""
    if (found := _ITEM(text)) is None:
        raise Other
    return len(text) + 1, found.start(1), scalar(found[1])


def scalar(written: str) -> Scalar:
    """A text in quotes, or a word without."""
    if written[0] in "\"'":
        return written[1:-1]
    value = plain(written.rstrip(" "))
    if isinstance(value, Refused):
        raise Other
    return value
