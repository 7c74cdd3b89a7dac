"""Documents in the small part of YAML that most specs are written in, read without libyaml's
events: block mappings and lists, texts of one line, lines behind `|` and `>`, brackets, comments.

In: the text of a file, of characters that YAML may read. Out: its documents as values with their
places, the same as `yaml_values` gives; or None for a file with anything else in it, right or
wrong. Never: a problem, or a guess. What isn't certain is libyaml's.

Lines such as `spec:` or `owner: team-a`, and pairs in brackets such as `type: int64`, stand in many
documents: what one of them says by itself is remembered, and a line that is new is matched once.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from exai_specs.frozen import Json
from exai_specs.yaml_brackets import (
    DEEPEST,
    FIRST,
    KEY,
    KNOWN,
    NODE,
    QUOTED,
    Other,
    brackets,
    scalar,
)
from exai_specs.yaml_scalars import Scalar, plain_key

# Inside a word no `: ` and no ` #`. An expression that isn't closed is libyaml's: a comment may
# have cut it. Spaces at the end don't count.
_INSIDE = r":(?=[^ \n])|(?<=[^ ])\#|\{(?:(?!\{)|\{[^\n:#{}]*+\}\})"
_BLOCK = rf"{FIRST}[^\n:#{{]*+(?:(?=[:#{{])(?:(?:{_INSIDE})[^\n:#{{]*+)*|)"

# An empty branch is several times as fast as a group with a question mark.
_LINE = re.compile(
    rf"([ ]*+)(-[ ]++|)(?:{KEY}(?:[ ]++|$)|)"
    rf"(?:({_BLOCK}|{QUOTED}|---)[ ]*+(?:(?<= )\#.*+|)|([\[{{].*+|[|>]-?)|(?:\#.*+|))"
).fullmatch
# What stands behind `|` or `>`, if nothing is indented further, and no line is empty but the last.
_LINES = re.compile(r"([ ]++)(?![ \n])[^\n]*+\n(?:\1(?![ \n])[^\n]*+\n)*+\n*+(?![ ]++\n|\1)").match

Read = tuple[Mapping[str, Json], bytes]
_Around = list[tuple[Any, int, int, str | int]]
# Characters of a line, with its end; its key; where its value is, or more of it; twice the column
# of its first sign, and one more if that is a dash; where its key begins, or what stands for it;
# where its value begins; the value, or a sign with what stands behind it.
_Line = tuple[int, str | None, str, int, int, int, Scalar]
_NOWHERE, _HERE, _BEHIND, _BELOW, _BETWEEN = "", "here", "behind", "below", "between"


def plain_documents(text: str) -> list[Read] | None:
    """Value and places of each document that isn't empty; None where libyaml is to be asked."""
    if "\t" in text or "\r" in text:
        return None
    if not text.endswith("\n"):
        if "|" in text or ">" in text:
            return None  # whether a text ends with a line break hangs on the one that is missing
        text += "\n"
    found: list[Read] = []
    lines = iter(text.split("\n"))
    at: int | None = 0
    try:
        while at is not None:
            value, places, at = _document(text, lines, at)
            if value:
                found.append((MappingProxyType(value), array("I", places).tobytes()))
    except Other:
        return None
    return found


def _document(
    text: str, lines: Iterator[str], at: int
) -> tuple[dict[str, Any], list[int], int | None]:
    """One document, and where the next one begins, behind a `---`. `lines` are those of the text
    that begin at `at`."""
    places: list[int] = []
    root: dict[str, Any] = {}
    # The innermost open mapping or list, where its lines begin, as `_Line` has it, and its place;
    # those around it, with what it is called there; and the key of a mapping whose value may stand
    # on the next lines.
    values: Any = root
    inside, first = -1, 0
    around: _Around = []
    waiting: str | None = None
    following = None
    for width, key, more, where, key_at, value_at, said in map(_line, lines):
        start = at
        at += width
        if more is _NOWHERE:
            continue
        if more is _BETWEEN:
            following = at
            break
        if where != inside:
            values, first = _level(values, inside, first, start, where, waiting, places, around)
            inside = where
        place = start + key_at
        waiting = None
        if where & 1 and key is not None:
            around.append((values, inside, first, len(values)))
            values.append(None)
            values, inside, first = {}, 2 * key_at, len(places)
            places += (place, place, 1)
        places += (start + value_at, place, 1)
        value: Json = said
        if more is _BEHIND:
            value, at = _behind(text, lines, str(said), at, start + value_at, places, inside // 2)
        elif more is _BELOW:
            waiting = key
        if key is None:
            values.append(value)
        elif key in values:
            raise Other
        else:
            values[key] = value
    while around:
        values, _, first = _closed(values, first, places, around)
    places[2:3] = [len(places) // NODE]
    return root, places, following


@lru_cache(KNOWN)
def _line(text: str) -> _Line:
    """What a line says by itself."""
    if (line := _LINE(text)) is None:
        raise Other
    indent, dash, key, written, sign = line.groups()
    width, where, name = len(text) + 1, 2 * len(indent), None
    if key is None and not dash:
        if written == "---" and not indent:
            return width, None, _BETWEEN, 0, 0, 0, None
        if written or sign:
            raise Other
        return width, None, _NOWHERE, 0, 0, 0, None
    if dash:
        where += 1
    if key is None:
        if not written and (not sign or sign[0] in "|>"):
            raise Other
        at = line.end(2)
    elif (name := plain_key(key)) is None:
        raise Other
    else:
        at = line.start(3)
    if written is not None:
        return width, name, _HERE, where, at, line.start(4), scalar(written)
    if sign is not None:
        return width, name, _BEHIND, where, at, line.start(5), sign
    return width, name, _BELOW, where, at, line.end(3) + 1, None


def _level(
    values: Any,
    inside: int,
    first: int,
    start: int,
    where: int,
    waiting: str | None,
    places: list[int],
    around: _Around,
) -> tuple[Any, int]:
    """The mapping or list that a line belongs to: a new one, this one, or one around it; and its
    place."""
    if waiting is not None and where > inside:
        around.append((values, inside, first, waiting))
        values, inside, first = [] if where & 1 else {}, where, len(places) - NODE
        places[first] = start + where // 2
    elif not places:
        inside = 0
        places += (start, start, 1)
    while where < inside:
        values, inside, first = _closed(values, first, places, around)
    if where != inside or len(around) > DEEPEST:
        raise Other
    return values, first


def _closed(values: Any, first: int, places: list[int], around: _Around) -> tuple[Any, int, int]:
    """Puts a mapping or list that has ended where it belongs; what is around it."""
    places[first + 2] = (len(places) - first) // NODE
    outer, inside, first, name = around.pop()
    outer[name] = tuple(values) if type(values) is list else MappingProxyType(values)
    return outer, inside, first


def _lines(text: str, at: int, sign: str, column: int) -> tuple[str, int]:
    """The text on the lines behind `|` or `>`, and where they end; `column` is its mapping's."""
    found = _LINES(text, at)
    if found is None or len(found[1]) <= column:
        raise Other
    lines = [line[len(found[1]) :] for line in found[0].rstrip("\n").split("\n")]
    if sign[0] == ">" and any(line.endswith(" ") for line in lines):
        raise Other
    joined = ("\n" if sign[0] == "|" else " ").join(lines)
    return joined if sign.endswith("-") else joined + "\n", found.end()


def _behind(
    text: str,
    lines: Iterator[str],
    sign: str,
    at: int,
    place: int,
    places: list[int],
    column: int,
) -> tuple[Json, int]:
    """What stands behind a bracket, `|` or `>`, and where the next line begins."""
    if sign[0] in "[{":
        return brackets(sign, lines, place, places)
    value, end = _lines(text, at, sign, column)
    for _ in range(text.count("\n", at, end)):
        next(lines)
    return value, end
