"""Colour, and what may reach a terminal at all. Out: text that can't move a cursor."""

from __future__ import annotations

import re
import unicodedata

from exai_specs.diagnostics import Span
from exai_specs.regexes import regex
from exai_specs.values import frozen

# The few colours in use: reset, bold, dim, red, green, yellow, cyan.
_OURS = ("0", "1", "2", "31", "32", "33", "36")
_ESCAPES = regex(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
# Controls, and the marks that reorder text: a log line could use them to hide what it says.
_CONTROLS = regex("[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@frozen
class Paint:
    """Puts colour around text, or leaves it alone. `prefix` is the way to the project's folder from
    where people are, so that a terminal opens the places that it shows."""

    colour: bool = False
    prefix: str = ""

    def bold(self, text: str) -> str:
        return self._wrap(text, "1")

    def dim(self, text: str) -> str:
        return self._wrap(text, "2")

    def red(self, text: str) -> str:
        return self._wrap(text, "31")

    def green(self, text: str) -> str:
        return self._wrap(text, "32")

    def yellow(self, text: str) -> str:
        return self._wrap(text, "33")

    def cyan(self, text: str) -> str:
        return self._wrap(text, "36")

    def at(self, span: Span) -> str:
        """A place in a file, from where people are."""
        return f"{self.path(span.path)}{str(span)[len(span.path) :]}"

    def path(self, path: str) -> str:
        """A file of the project, from where people are."""
        return path if not path or path.startswith("/") else self.prefix + path

    def _wrap(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


PLAIN = Paint()


def printable(line: str, colour: bool = False) -> str:
    """One line without anything that a terminal would obey, our own colours apart (if `colour`)."""

    def keep(match: re.Match[str]) -> str:
        code = match.group()
        ours = colour and code.endswith("m") and code[2:-1] in _OURS
        return code if ours else ""

    stripped = _CONTROLS.sub("", _ESCAPES.sub(keep, line)).expandtabs(4)
    return stripped if colour else stripped.replace("\x1b", "")


# Marks that sit on the character before them, and joiners that nobody sees.
_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def width(text: str) -> int:
    """How many columns a line takes: colours none, wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.category(c) in _NO_WIDTH else 2 if _is_wide(c) else 1
        for c in printable(text)
    )


def pad(text: str, columns: int) -> str:
    """The text, filled with spaces to so many columns."""
    return text + " " * max(0, columns - width(text))
