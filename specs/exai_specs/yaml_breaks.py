"""Where reading goes on after YAML broke off: at the next `---`.

In: a text, and the error that libyaml stopped with. Out: that place, and the text from there on.
Never: a document.

To YAML a `---` at the start of a line begins a document wherever it stands: no quoted text, no
lines behind `|` and no brackets go on behind it, so nothing above it changes what it begins. Only
people may have meant another thing by it, such as text that isn't indented: what doesn't say that
it is a document of exai isn't taken for one there (`says_what_it_is`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from yaml import MarkedYAMLError, YAMLError

from exai_specs.frozen import Json
from exai_specs.regexes import regex

MOST_BREAKS = 20
"""Of a file: behind so many nothing is read any more, which takes a hostile file's time."""

_MARK = regex(r"(?:\A|(?<=[\n\r]))---(?![^ \t\r\n])")
_KEPT = regex(r"[^\n\r]+")
_OURS = "exai"


def next_mark(text: str, error: YAMLError) -> int:
    """Where the first `---` behind the error stands; the end of the text without one."""
    mark = isinstance(error, MarkedYAMLError) and (error.problem_mark or error.context_mark)
    if not mark:
        return len(text)
    # One at which reading stopped begins the next document, unless the text itself begins there.
    start = mark.index if mark.column == 0 and text[: mark.index].strip() else mark.index + 1
    found = _MARK.search(text, start)
    return found.start() if found else len(text)


def without(text: str, end: int) -> str:
    """The text with spaces up to there, and all its lines."""
    return _KEPT.sub(_blank, text[:end]) + text[end:]


def says_what_it_is(value: Json) -> bool:
    """Whether a value says that it is a document of exai."""
    if not isinstance(value, Mapping):
        return False
    version = value.get("apiVersion")
    return isinstance(version, str) and version.startswith(_OURS) and "kind" in value


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
