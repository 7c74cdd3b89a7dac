"""What a validation found, as text."""

from __future__ import annotations

from collections.abc import Iterator

from exai_runtime.validated import Validated
from exai_runtime.views.human.diagnostics import blocks, summary
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.words import count


def lines(result: Validated, paint: Paint) -> Iterator[str]:
    """Every diagnostic with its excerpt, then one line that counts."""
    yield from blocks(result.diagnostics, result.sources, paint)
    found = summary(result.diagnostics)
    if result.exit_code:
        yield paint.red(found)
        return
    documents = count(sum(result.counts.values()), "document")
    kinds = ", ".join(
        f"{number} {kind}" for kind, number in sorted(result.counts.items()) if number
    )
    name = f"{result.project}: " if result.project is not None else ""
    rest = f"; {found}" if found else ""
    yield f"{paint.green(paint.bold('Valid.'))} {name}{documents} ({kinds}){rest}"
