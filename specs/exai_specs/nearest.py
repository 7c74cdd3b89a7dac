"""The word that was probably meant.

In: a word that isn't known and those that are. Out: a hint. Never: needed unless something is
already wrong.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MOST = 24  # more than this many in a hint helps nobody


def nearest(word: str, known: Iterable[str], alike: float = 0.6) -> str | None:
    """The one that differs least, ignoring case and joiners; None when none is close: `alike` is
    the share of letters that they must have in common."""
    choices = sorted(known)
    plain = {_plain(choice): choice for choice in reversed(choices)}
    if _plain(word) in plain:
        return plain[_plain(word)]
    close = difflib.get_close_matches(_plain(word)[:100], list(plain), n=1, cutoff=alike)
    return plain[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "schema"? known here: key, schema, source`."""
    choices = sorted(known)
    found = nearest(word, choices)
    listed = ", ".join(choices[:_MOST]) + (", ..." if len(choices) > _MOST else "")
    start = f'did you mean "{found}"? ' if found else ""
    return f"{start}known here: {listed}" if choices else start.strip()


def _plain(word: str) -> str:
    return word.casefold().replace("-", "").replace("_", "")
