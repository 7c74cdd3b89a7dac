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


def nearest_document(target: str, known: Iterable[str]) -> str | None:
    """The `Kind/name` that was probably meant: one of the kind whose name is near, or the same name
    of another kind. What they have in common by their kind says nothing.
    """
    from exai_specs.nearest import nearest

    kind, _, name = target.partition("/")
    pairs = [each.partition("/") for each in sorted(known)]
    close = nearest(name, (own for of, _, own in pairs if of == kind))
    if close is not None:
        return f"{kind}/{close}"
    return next((f"{of}/{own}" for of, _, own in pairs if own == name), None)
