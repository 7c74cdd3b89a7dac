"""`exai run`: start a run of a pipeline now, with parameters of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.complete import named, parameters
from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

_EPILOG = """\b
Examples:
  exai run iris-training
  exai run iris-training -p ntrees=50
  exai run iris-training -p ntrees=50 -p 'options={"depth": 5}' --output json
  exai run iris-training --again
"""


@click.command("run", epilog=_EPILOG)
@click.argument("pipeline", shell_complete=named("Pipeline"))
@click.option(
    "-p",
    "--parameter",
    "cells",
    metavar="NAME=VALUE",
    multiple=True,
    shell_complete=parameters,
    help="A parameter; repeat it. Lists and mappings as JSON. The others keep their defaults.",
)
@click.option("--again", is_flag=True, help="Run it though an identical run has succeeded.")
@common
def command(pipeline: str, cells: tuple[str, ...], again: bool) -> int:
    """Run a pipeline now, whether or not a run is due.

    Creates the pipeline's own objects where they lack, and judges what the run registers. Moves no
    alias and changes no service: `exai apply` does, for the runs that the specs ask for. Ends with
    code 1 when the run failed, or when a model that it trained missed its gates.
    """

    def work(root: Path, options: Options, view: View) -> Result:
        from exai_runtime import running

        return running.run(root, options.environment, pipeline, cells, again, view.listen)

    return in_project("run", work)
