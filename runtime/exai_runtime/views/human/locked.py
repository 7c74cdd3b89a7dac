"""What `exai lock` wrote, as text."""

from __future__ import annotations

from collections.abc import Iterator

from exai_runtime.lock_results import Locked
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.words import count


def lines(found: Locked, paint: Paint) -> Iterator[str]:
    """A line a pin that moved, then one that counts."""
    for move in found.moves:
        mark = paint.green("+") if move.before is None else paint.yellow("~")
        before = "" if move.before is None else f"{move.before} -> "
        yield f"  {mark} {move.reference}: version {before}{move.version}, {move.uri}"
    kept = f"{count(len(found.kept), 'pin')} of {found.environment} unchanged."
    if not found.moves:
        yield f"{paint.green(paint.bold('Nothing to write.'))} {kept}"
        return
    title = paint.green(paint.bold("Locked."))
    yield f"{title} {count(len(found.moves), 'pin')} written to exai.lock, {kept} Commit it."
