"""Which warnings are new.

In: the diagnostics of two revisions. Out: the warnings of the new one, in order, parted into
those that the old one hasn't and those that it has. A warning is what it says: it may have moved,
and one that says the same once more, of something else, is new.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from exai_specs.diagnostics import Diagnostic, Span, in_order

_PLACES: tuple[Callable[[Span], object], ...] = (
    lambda at: at,
    lambda at: at.path,
    lambda _: None,
)
"""What the place of a warning is told by, from the closest to what is all the same."""


def parted(
    now: Iterable[Diagnostic], before: Iterable[Diagnostic]
) -> tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
    """The new ones, and those that were there before."""
    warned = in_order(each for each in now if each.severity == "warning")
    left = Counter((each.code, each.message, each.at) for each in before)
    known: set[int] = set()
    for place in _PLACES:
        there: defaultdict[object, list[Span]] = defaultdict(list)
        for code, message, at in left.elements():
            there[code, message, place(at)].append(at)
        for number, each in enumerate(warned):
            alike = there[each.code, each.message, place(each.at)]
            if number not in known and alike:
                left[each.code, each.message, alike.pop()] -= 1
                known.add(number)
    news = tuple(each for number, each in enumerate(warned) if number not in known)
    return news, tuple(each for number, each in enumerate(warned) if number in known)
