"""Which document a place is of.

In: documents. Out: the number of one, by a place in a file. Reads no text.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence

from exai_specs.diagnostics import Span
from exai_specs.parse import Spec


def standing_at(specs: Sequence[Spec]) -> Callable[[Span], int | None]:
    """Of several in a file it is the last that begins before the place, of several that begin there
    the first: a patch is the document's that it is onto. None for other files."""
    begun: dict[Span, int] = {}
    for number, spec in enumerate(specs):
        for start in spec.document.starts:
            begun.setdefault(start, number)
    starts = sorted(begun)

    def at(place: Span) -> int | None:
        before = bisect(starts, place) - 1
        if before < 0 or starts[before].path != place.path:
            return None
        return begun[starts[before]]

    return at
