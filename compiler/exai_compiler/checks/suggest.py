"""The hint for a name that isn't there."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The nearest known name and those that there are; `otherwise` when nothing is near."""
    from exai_specs.nearest import did_you_mean as suggest
    from exai_specs.nearest import nearest

    names = sorted(set(known))
    if otherwise and nearest(word, names) is None:
        return otherwise
    return suggest(word, names)
