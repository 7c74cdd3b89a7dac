"""Which documents a place is of.

In: documents. Out: one of them, or its number, by a place in a file of theirs, or the numbers of
all that name the file. Reads no text.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Sequence

from exai_compiler.named_files import asked_files
from exai_specs.diagnostics import Span
from exai_specs.parse import Spec


def standing_at(specs: Sequence[Spec]) -> Callable[[Span], int | None]:
    """Of several in a file it is the last that begins before the place, of several that begin there
    the first: a patch is the document's that it is onto. What stands before the first of a file is
    of that one. None for other files."""
    begun: dict[Span, int] = {}
    for number, spec in enumerate(specs):
        for start in spec.document.starts:
            begun.setdefault(start, number)
    starts = sorted(begun)

    def at(place: Span) -> int | None:
        before = bisect(starts, place) - 1
        if before < 0 or starts[before].path != place.path:
            before += 1
        if before == len(starts) or starts[before].path != place.path:
            return None
        return begun[starts[before]]

    return at


def patched_at(specs: Iterable[Spec]) -> Callable[[Span], Spec | None]:
    """Of documents as overlays make them the one that a place in a patch may be onto: no other has
    it (`Document.onto`). In one environment each patch is onto one."""
    begun = {start: spec for spec in specs for start in spec.document.patches}
    starts = sorted(begun)

    def at(place: Span) -> Spec | None:
        before = bisect(starts, place) - 1
        return begun[starts[before]] if before >= 0 else None

    return at


def told_at(specs: Sequence[Spec]) -> Callable[[Span], Sequence[int]]:
    """Of a file that documents name, such as one of Python, it is all of these."""
    standing = standing_at(specs)
    asking: dict[str, list[int]] = {}
    for number, spec in enumerate(specs):
        for path in dict.fromkeys(path for _, _, path in asked_files([spec])):
            asking.setdefault(path, []).append(number)

    def at(place: Span) -> Sequence[int]:
        there = standing(place)
        return asking.get(place.path, ()) if there is None else (there,)

    return at
