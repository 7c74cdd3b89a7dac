"""What lead to each other in a ring, told as one error with the places of its first edges.

In: a ring as it was found, what says an edge of it. Out: its diagnostic. Never: looking for rings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from exai_specs.diagnostics import Diagnostic, Span

MOST = 10
"""Names, and places, of one ring."""


def told(
    code: str,
    alone: str,
    together: str,
    ring: Sequence[str],
    edge: Callable[[str, str], tuple[str, Span]],
    hint: str,
) -> Diagnostic:
    """The error stands at the first edge. `edge` is asked for each name and the one after it;
    `alone` is said of a ring of one, `together` of any other."""
    around = zip(ring, (*ring[1:], ring[0]), strict=True)
    # To look for thousands of places takes long, and a line that names them all is no help.
    edges = tuple(edge(one, other) for one, other in islice(around, MOST))
    shown = [f"`{name}`" for name in ring[:MOST]]
    shown += [f"{len(ring) - MOST} more"] if len(ring) > MOST else []
    way = " -> ".join((*shown, f"`{ring[0]}`"))
    message = f"{alone if len(ring) == 1 else together}: {way}"
    return Diagnostic(code, message, edges[0][1], hint=hint, related=edges)
