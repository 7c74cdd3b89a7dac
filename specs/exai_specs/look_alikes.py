"""Characters that look like others in an editor: a no-break space, curly quotes, a long dash. They
come from copying out of documents and web pages, and YAML takes them for letters.

In: a document and the text that it was read from. Out: a diagnostic at each of them where it can't
be meant: in keys, and in values that aren't prose. Never: text in quotes; texts that are ASCII
alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json
from exai_specs.regexes import regex
from exai_specs.types import Path

if TYPE_CHECKING:
    from exai_specs.documents import Document

ODD_SPACES = "\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INVISIBLE = "\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_MOST = 200  # of a document are looked at: to find a place takes as long as its siblings are many
_QUOTES = "“”„‟‘’‚‛«»"
_DASHES = "‐‑‒–—―−•‣·"
# What YAML couldn't read: anywhere that a space, a quote or a dash would mean something.
_IN_LEAD = regex(f"^ *(?:- +)*([{ODD_SPACES}{_INVISIBLE}]|[{_DASHES}](?=\\s))")
_IN_LINE = regex(
    f"(?:(?<=[\\s:{{}}\\[\\],-])[{ODD_SPACES}]|[{ODD_SPACES}](?=[\\s:{{}}\\[\\],#]|$)"
    f"|：(?=\\s|$)|(?<=[:\\[{{,-] )[{_QUOTES}]|[{_INVISIBLE}])"
)
_ANY = regex(f"[{ODD_SPACES}{_INVISIBLE}{_QUOTES}{_DASHES}：]")
# In a text without quotes: at its ends, and where a space would mean something to YAML. Joiners and
# marks of direction are letters' own.
_IN_TEXT = regex(
    "[\xad\u200b\u202a-\u202e\u2060-\u2064\ufeff]|"
    f"^[{ODD_SPACES}]|[{ODD_SPACES}]$|^[{_DASHES}](?=\\s)|^[{_QUOTES}](?=.*[{_QUOTES}]$)"
    f"|(?:(?<=:)|(?<=^-))[{ODD_SPACES}]|(?<=\\w)：(?=\\s|$)"
)
_IN_KEY = regex(f"[{ODD_SPACES}{_INVISIBLE}{_QUOTES}：]|^[{_DASHES}]")
# What people write for people may have any of them.
_PROSE = frozenset({"description", "displayName", "annotations", "reason", "title", "summary"})


def is_look_alike(character: str) -> bool:
    """Whether this is one."""
    return _ANY.match(character) is not None


def called_character(character: str) -> tuple[str, str]:
    """What to call one of them, and what to write instead."""
    name = f"U+{ord(character):04X}"
    if re.match(f"[{ODD_SPACES}]", character):
        return f"this is no plain space, but {name}", "write a space instead"
    if re.match(f"[{_INVISIBLE}]", character):
        return f"an invisible character, {name}", "remove it"
    if character in _QUOTES:
        return f"this is a curly quote, {name}", "quote with \" or ', or leave the quotes out"
    if character == "：":
        return f"this is no colon, but {name}", "write `: `"
    return f"this is no `-`, but {name}", "write `- ` for an item of a list"


def unread_look_alike(lines: Sequence[str], at: Span) -> Diagnostic | None:
    """The one that made YAML stop at a place: on that line or the one above, or in the indentation
    of any above."""
    for number in (at.line, at.line - 1):
        line = lines[number - 1] if 0 < number <= len(lines) else ""
        if (found := None if line.isascii() else _IN_LINE.search(line)) is not None:
            return _diagnostic(found[0], Span(at.path, number, found.start() + 1))
    for number, line in enumerate(lines[: at.line], 1):
        if (found := None if line.isascii() else _IN_LEAD.match(line)) is not None:
            return _diagnostic(found[1], Span(at.path, number, found.start(1) + 1))
    return None


def may_have_look_alikes(text: str) -> bool:
    """Whether it is worth looking at each value. False is certain."""
    return not text.isascii() and _ANY.search(text) is not None


def look_alikes(document: Document, lines: list[str]) -> Iterator[Diagnostic]:
    """Each that can't be meant, one in a text."""
    for path, is_key, start, character in islice(_found(document.value), _MOST):
        at = document.key_at(path) if is_key else document.at(path)
        if not _plain(lines, at):
            continue
        if is_key:
            yield _diagnostic(character, Span(at.path, at.line, at.column + start))
        else:
            yield _diagnostic(character, document.at(path, start))


def _found(value: Json) -> Iterator[tuple[Path, bool, int, str]]:
    """Paths, whether it is in the key, where in the text, and the character."""
    waiting: list[tuple[Path, Json]] = [((), value)]
    while waiting:
        path, here = waiting.pop()
        if path and isinstance(path[-1], str) and (found := _IN_KEY.search(path[-1])):
            yield path, True, found.start(), found[0]
        if path and path[-1] in _PROSE:
            continue
        if isinstance(here, str):
            found = None if here.isascii() else _IN_TEXT.search(here)
            if found is not None:
                yield path, False, found.start(), found[0]
        elif isinstance(here, tuple):
            waiting += reversed([((*path, index), item) for index, item in enumerate(here)])
        elif isinstance(here, Mapping):
            waiting += reversed([((*path, key), item) for key, item in here.items()])


def _plain(lines: list[str], at: Span) -> bool:
    """Whether the text there stands without quotes, and not in a block of lines."""
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    return line[at.column - 1 : at.column] not in ("'", '"', "|", ">")


def _diagnostic(character: str, at: Span) -> Diagnostic:
    message, hint = called_character(character)
    return Diagnostic("not-text", message, at, hint=hint)
