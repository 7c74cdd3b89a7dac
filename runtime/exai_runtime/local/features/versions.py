"""What a data version tells. In: the version of a dataset. Out: whether it names one content."""

from __future__ import annotations

from exai_specs.regexes import regex

_DIGEST = regex(r"[0-9a-f]{32,}")


def identifies(version: str) -> bool:
    """True for a hash of the data: equal ones mean equal rows. A version that a person gave, or
    that a query told, or that means "not watched", doesn't say so much.
    """
    return bool(_DIGEST.fullmatch(version))
