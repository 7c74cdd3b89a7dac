"""`exai lineage`: what something comes from, and what hangs on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.complete import nodes
from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_compiler.lineage import Way
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

_EPILOG = """\b
Examples:
  exai lineage Model/iris_model
  exai lineage Dataset/iris --down
  exai lineage Dataset/iris:petal_length --down --depth 3
  exai lineage Pipeline/iris-training#train --columns
  exai lineage Service/iris --up --happened
"""


@click.command("lineage", epilog=_EPILOG)
@click.argument("node", shell_complete=nodes)
@click.option("--up", is_flag=True, help="Only what it comes from.")
@click.option("--down", is_flag=True, help="Only what hangs on it.")
@click.option(
    "--depth", type=click.IntRange(min=1), metavar="N", help="No further than N edges.  [all]"
)
@click.option("--columns", is_flag=True, help="Follow its columns, too.")
@click.option(
    "--happened",
    is_flag=True,
    help="Show what happened in the environment: runs, data, versions, verdicts, services.",
)
@common
def command(
    node: str, up: bool, down: bool, depth: int | None, columns: bool, happened: bool
) -> int:
    """Show what something comes from, and what hangs on it, each edge with its file and line.

    NODE is a document, Kind/name; a step of a pipeline, Kind/name#step; or a column of either,
    Kind/name:column or Kind/name#step:column.
    """

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime import tracing

        ways: tuple[Way, ...] = ("up", "down") if up == down else ("up",) if up else ("down",)
        environment = options.environment if happened else None
        return tracing.trace(root, node, ways, depth, columns, environment, options.environment)

    return in_project("lineage", work)
