"""`exai init`: a new project folder from a template."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import run

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

_EPILOG = """\b
Examples:
  exai init my-project
  exai init --template diabetes clinic
  exai init --template empty --name churn .
"""


@click.command("init", epilog=_EPILOG)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--template",
    type=click.Choice(["iris", "diabetes", "own-code", "empty"]),
    default="iris",
    show_default=True,
    help="iris: from a table to a served model. diabetes: features that training and serving "
    "share. own-code: a step in your own Python. empty: a Project and nothing else.",
)
@click.option("--name", help="The project's name.  [default: made from the folder's]")
@common
def command(folder: Path | None, template: str, name: str | None) -> int:
    """Make a new project in FOLDER (default: here). Never overwrites a file."""

    def work(options: Options, view: View) -> Result:
        del view
        from exai_runtime.scaffold import init, suggested_name

        base = options.directory or Path()
        directory = base / folder if folder is not None else base
        return init(directory, template, name or suggested_name(directory))

    return run("init", work)
