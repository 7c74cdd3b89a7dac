"""A new project as text: its files, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from exai_runtime.results import Created
from exai_runtime.views.human.paint import Paint


def lines(created: Created, paint: Paint) -> Iterator[str]:
    """The files, then the commands that make something of them."""
    yield f"{paint.green(paint.bold('Created'))} {created.name} in {created.directory}"
    yield from (f"  {path}" for path in created.files)
    yield ""
    yield paint.dim("  Next:")
    if str(created.directory) != ".":
        yield f"  cd {shlex.quote(str(created.directory))}"
    if "make_data.py" in created.files:
        yield "  python3 make_data.py"
    yield "  exai plan" if created.template != "empty" else "  exai validate"
    if created.template != "empty":
        yield "  exai apply"
