"""`exai logs`: what a run or a server wrote. Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.complete import identities, runs
from exai_runtime.cli.options import Options, chosen, common
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

_EPILOG = """\b
Examples:
  exai logs Pipeline/iris-training
  exai logs Pipeline/iris-training --run 5d41402a --lines 1000
  exai logs Service/iris --follow
"""


@click.command("logs", epilog=_EPILOG)
@click.argument(
    "subject", metavar="KIND/NAME", shell_complete=identities("Pipeline", "Service", "Tuning")
)
@click.option("--run", "run", metavar="RUN", shell_complete=runs, help="A run, not the newest.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the run ends, or Ctrl-C.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(min=0),
    default=200,
    show_default=True,
    help="So many of the last lines.",
)
@common
def command(subject: str, run: str | None, follow: bool, lines: int) -> int:
    """Show what a pipeline's newest run, a service's server or a search wrote.

    Secrets were masked when it was written.
    """
    if follow and chosen(click.get_current_context()).output == "json":
        raise click.UsageError("--follow prints lines as they come; --output json is one document.")

    def work(root: Path, options: Options, view: View) -> Result:
        from exai_runtime import looking_back

        say = view.say if follow else None
        return looking_back.logs(root, options.environment, subject, run, lines, say)

    return in_project("logs", work)
