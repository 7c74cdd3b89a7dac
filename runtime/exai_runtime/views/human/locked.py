"""What `exai lock` wrote, as text."""

from __future__ import annotations

from collections.abc import Iterator

from exai_runtime.lock_results import ImageMove, Locked
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.words import count


def lines(found: Locked, paint: Paint) -> Iterator[str]:
    """A line a pin that moved, then one that counts."""
    for move in found.moves:
        mark = paint.green("+") if move.before is None else paint.yellow("~")
        before = "" if move.before is None else f"{move.before} -> "
        yield f"  {mark} {move.reference}: version {before}{move.version}, {move.uri}"
    for image in found.images:
        yield f"  {_mark(image, paint)} {image.image}: {_digests(image)}"
    kept = f"{count(len(found.kept), 'pin')} of {found.environment} unchanged."
    written = len(found.moves) + len(found.images)
    if not written:
        yield f"{paint.green(paint.bold('Nothing to write.'))} {kept}"
        return
    title = paint.green(paint.bold("Locked."))
    yield f"{title} {count(written, 'pin')} written to exai.lock, {kept} Commit it."


def _mark(image: ImageMove, paint: Paint) -> str:
    if image.digest is None:
        return paint.red("-")
    return paint.green("+") if image.before is None else paint.yellow("~")


def _digests(image: ImageMove) -> str:
    if image.digest is None:
        return "nothing names it any more"
    before = "" if image.before is None else f"{_short(image.before)} -> "
    return f"{before}{_short(image.digest)}"


def _short(digest: str) -> str:
    return digest[: len("sha256:") + 12]
