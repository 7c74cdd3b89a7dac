"""`exai data`: look at data before anything is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.complete import named
from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

_EPILOG = """\b
Examples:
  exai data preview iris
  exai data preview iris --rows 20 -e staging
  exai data preview iris --output json
"""


@click.group("data", epilog=_EPILOG)
def command() -> None:
    """Look at the data of a Dataset."""


@command.command("preview", epilog=_EPILOG)
@click.argument("name", metavar="NAME", shell_complete=named("Dataset"))
@click.option(
    "--rows",
    type=click.IntRange(0, 1000),
    default=5,
    show_default=True,
    help="How many of the first rows to show.",
)
@common
def preview(name: str, rows: int) -> int:
    """Show the columns of a Dataset, declared and found, their figures, and the first rows.

    Columns that hold personal data (`pii: true`) are masked. Mistakes in other documents than the
    Dataset and the Project are nothing to it.
    """

    def work(root: Path, options: Options, view: View) -> Result:
        from exai_runtime import session
        from exai_runtime.events import PhaseStarted

        view.listen(PhaseStarted(f"reading Dataset/{name}"))
        return session.preview(root, options.environment, name, rows)

    return in_project("data preview", work)
