"""`exai predict`: ask a service, over the same HTTP that applications use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.complete import named
from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.results import Protocol, Result
    from exai_runtime.views.view import View

_EPILOG = """\b
Examples:
  exai predict iris --row sepal_length=5.1 --row sepal_width=3.5 \\
      --row petal_length=1.4 --row petal_width=0.2
  exai predict iris --data '{"sepal_length": 5.1, ...}'
  exai predict iris --data @flowers.json
  cat flowers.json | exai predict iris --data - --output json
"""


@click.command("predict", epilog=_EPILOG)
@click.argument("service", shell_complete=named("Service"))
@click.option(
    "--data",
    metavar="JSON|@FILE|-",
    help="An object (one row) or a list of objects: as text, from a file, or from stdin.",
)
@click.option(
    "--row",
    "cells",
    metavar="NAME=VALUE",
    multiple=True,
    help="One column of the row; repeat it. A name that comes again begins the next row.",
)
@click.option(
    "--protocol",
    type=click.Choice(["v1", "v2"]),
    help="The HTTP protocol.  [default: the service's own]",
)
@common
def command(
    service: str, data: str | None, cells: tuple[str, ...], protocol: Protocol | None
) -> int:
    """Ask a service for predictions.

    Ends with code 1 when it doesn't answer with any. Mistakes in the specs are one warning: a
    service that runs is asked all the same, unless the Project can't be read.
    """
    if (data is None) == (not cells):
        raise click.UsageError("Say what to predict: --data JSON, or --row NAME=VALUE (not both).")

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime import session
        from exai_runtime.cli.rows import from_cells, from_data
        from exai_runtime.results import Refused

        rows = from_cells(cells) if data is None else from_data(data)
        if isinstance(rows, Refused):
            return rows
        return session.predict(root, options.environment, service, rows, protocol)

    return in_project("predict", work)
