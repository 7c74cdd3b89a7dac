"""The word that was probably meant.

In: a word that isn't known and those that are. Out: a hint. Never: needed unless something is
already wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

# What other tools and languages call it -> what it may be called here.
ELSEWHERE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("columns", "fields"), ("schema", "features")),
        **dict.fromkeys(("file", "filename", "filepath", "location"), ("path", "uri")),
        **dict.fromkeys(("items", "over", "values"), ("in", "list")),
        **dict.fromkeys(("direction", "goaltype"), ("type",)),
        **dict.fromkeys(("script", "code", "function"), ("python",)),
        **dict.fromkeys(("cmd", "entrypoint"), ("command",)),
        **dict.fromkeys(("envs", "envvars", "variables", "environmentvariables"), ("env",)),
        **dict.fromkeys(("component", "componentref", "type"), ("uses",)),
        **dict.fromkeys(("ram", "mem"), ("memory",)),
        **dict.fromkeys(("scaling", "hpa", "autoscaling"), ("autoscale",)),
        **dict.fromkeys(("packages", "requirements"), ("pip",)),
        **dict.fromkeys(("storageuri", "url"), ("uri", "model")),
        **dict.fromkeys(("thresholds", "metrics"), ("gates",)),
        **dict.fromkeys(("joinkeys", "joinkey", "primarykey", "keys"), ("key",)),
        **dict.fromkeys(("eventtimestamp", "timestampfield", "time"), ("timestamp",)),
        # Types.
        **dict.fromkeys(("double", "float", "number", "real"), ("float64", "double")),
        **dict.fromkeys(("int", "integer", "long", "bigint"), ("int64", "integer")),
        **dict.fromkeys(("str", "text", "varchar", "char", "category"), ("string",)),
        **dict.fromkeys(("boolean", "bool"), ("bool", "boolean")),
        **dict.fromkeys(("datetime", "timestamptz"), ("timestamp",)),
        **dict.fromkeys(("object", "dict", "map", "record"), ("struct",)),
        **dict.fromkeys(("array", "sequence"), ("list",)),
    }
)
_LEAST = 3  # letters that say something
_ALIKE, _CLOSE = 0.6, 0.8
_MOST = 24  # more than this many in a hint helps nobody


def nearest(word: str, known: Iterable[str], alike: float = _ALIKE) -> str | None:
    """The one that differs least, ignoring case and joiners; None when none is close: `alike` is
    the share of letters that they must have in common."""
    from difflib import get_close_matches  # a clean document has no need of it

    choices = sorted(known)
    plain = {_plain(choice): choice for choice in reversed(choices)}
    if _plain(word) in plain:
        return plain[_plain(word)]
    for other in ELSEWHERE.get(_plain(word), ()):
        if other in choices:
            return other
    mine, names = _plain(word)[:100], list(plain)
    # `modle` is `model`, though `mode` has more in common; `pb` is `bp`.
    swapped = [each for each in names if sorted(each) == sorted(mine)]
    close = swapped if len(swapped) == 1 else []
    close = close or get_close_matches(mine, names, n=1, cutoff=max(alike, _CLOSE))
    if not close and alike <= _ALIKE and len(mine) >= _LEAST:  # `min` of `min_value`
        longer = [each for each in names if each.startswith(mine)]
        close = longer if len(longer) == 1 else []
    close = close or get_close_matches(mine, names, n=1, cutoff=alike)
    if not close and alike <= _ALIKE:  # `production` of `prod`
        shorter = [each for each in names if len(each) >= _LEAST and mine.startswith(each)]
        close = shorter if len(shorter) == 1 else []
    return plain[close[0]] if close else None


def as_near(word: str, one: str, other: str) -> bool:
    """Whether one name is at least as near to a word as the other."""
    from difflib import SequenceMatcher

    if nearest(word, (one, other)) == one:
        return True
    shares = {SequenceMatcher(None, _plain(each), _plain(word)).ratio() for each in (one, other)}
    return len(shares) == 1


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "schema"? known here: key, schema, source`."""
    choices = sorted(known)
    found = nearest(word, choices)
    listed = ", ".join(choices[:_MOST]) + (", ..." if len(choices) > _MOST else "")
    start = f'did you mean "{found}"? ' if found else ""
    return f"{start}known here: {listed}" if choices else start.strip()


def _plain(word: str) -> str:
    return word.casefold().replace("-", "").replace("_", "")
