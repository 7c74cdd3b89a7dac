"""`exai graph`: the lineage as a drawing, a page, or data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.complete import nodes
from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.lineage_results import Format
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

_FORMATS = ("mermaid", "dot", "json", "openlineage", "html")
_EPILOG = """\b
Examples:
  exai graph --format html -o lineage.html --happened
  exai graph Model/iris_model --format mermaid
  exai graph --columns --format dot | dot -Tsvg > lineage.svg
  exai graph --format openlineage --time 2026-11-26T09:00:00Z > events.ndjson
"""


@click.command("graph", epilog=_EPILOG)
@click.argument("roots", metavar="[KIND/NAME]...", nargs=-1, shell_complete=nodes)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="mermaid",
    show_default=True,
    help="For Markdown, for Graphviz, for programs, for OpenLineage, or one page for a browser.",
)
@click.option(
    "-o",
    "--output-file",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file instead of stdout.",
)
@click.option("--columns", is_flag=True, help="Draw columns, too (a page always has them).")
@click.option(
    "--time", metavar="RFC3339", default="", help="What OpenLineage's events bear.  [last commit]"
)
@click.option(
    "--happened",
    is_flag=True,
    help="Show what happened in the environment: runs, data, versions, verdicts, services.",
)
@common
def command(
    roots: tuple[str, ...],
    form: Format,
    file: Path | None,
    columns: bool,
    time: str,
    happened: bool,
) -> int:
    """Draw the lineage of all documents, or of some with what they come from and lead to.

    An HTML page is one file that needs no network: search, zoom, columns, and the place of each
    edge. OpenLineage's events are of what is declared, one JSON document a line; with --happened
    those of the environment's runs follow, with data versions, metrics and model versions.
    """

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime import drawing

        environment = options.environment if happened else None
        wanted = drawing.Wanted(form, roots, columns, file, time, environment, options.environment)
        return drawing.draw(root, wanted)

    return in_project("graph", work)
