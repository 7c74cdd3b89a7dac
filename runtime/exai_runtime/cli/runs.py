"""`exai runs`: what was run, what of it differs. Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.complete import named
from exai_runtime.cli.complete import runs as complete_runs
from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

_EPILOG = """\b
Examples:
  exai runs list iris-training
  exai runs show 5d41402a
  exai runs compare 5d41402a 9f86d081
"""
_MOST = 20


@click.group("runs", epilog=_EPILOG)
def command() -> None:
    """List runs, show one, compare several. A run is named by the beginning of its key."""


@command.command(
    "list", epilog="\b\nExamples:\n  exai runs list\n  exai runs list iris-training -n 5"
)
@click.argument("pipeline", required=False, shell_complete=named("Pipeline"))
@click.option(
    "-n",
    "--number",
    type=click.IntRange(min=0),
    default=_MOST,
    show_default=True,
    help="So many of the newest; 0 is all of them.",
)
@common
def listing(pipeline: str | None, number: int) -> int:
    """List the runs of PIPELINE, or of all pipelines, the newest first."""

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime import looking_back

        return looking_back.list_runs(root, options.environment, pipeline, number or 1 << 30)

    return in_project("runs list", work)


@command.command("show", epilog="\b\nExamples:\n  exai runs show 5d41402a --output json")
@click.argument("run", shell_complete=complete_runs)
@common
def show(run: str) -> int:
    """Show one run: parameters, data versions, metrics, models, code, seconds of its steps."""

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime import looking_back

        return looking_back.show_run(root, options.environment, run)

    return in_project("runs show", work)


@command.command(
    "compare",
    epilog="\b\nExamples:\n  exai runs compare 5d41402a 9f86d081\n  exai runs compare a b c",
)
@click.argument("keys", metavar="RUN RUN...", nargs=-1, shell_complete=complete_runs)
@common
def compare(keys: tuple[str, ...]) -> int:
    """Show what differs between runs; metrics with their difference from the first."""
    if len(keys) < 2:
        raise click.UsageError("Name two runs or more: `exai runs list` shows them.")

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime import looking_back

        return looking_back.compare_runs(root, options.environment, keys)

    return in_project("runs compare", work)
