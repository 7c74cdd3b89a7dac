"""What lead to each other in a ring, told as one error with the place of every edge.

In: a ring as it was found, what says an edge of it. Out: its diagnostic. Never: looking for rings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from exai_specs.diagnostics import Diagnostic, Span


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
    edges = tuple(edge(a, b) for a, b in zip(ring, (*ring[1:], ring[0]), strict=True))
    way = " -> ".join(f"`{name}`" for name in (*ring, ring[0]))
    message = f"{alone if len(ring) == 1 else together}: {way}"
    return Diagnostic(code, message, edges[0][1], hint=hint, related=edges)
