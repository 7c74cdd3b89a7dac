"""`exai features`: look features up, push rows, bring views online, see what there is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.complete import named
from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.results import Refused, Result
    from exai_runtime.views.view import View
    from exai_specs.frozen import Json

_EPILOG = """\b
Examples:
  exai features list
  exai features get measurements --entity flower_id=7
  exai features push measurements --data new_rows.csv
  exai features materialize --watch
"""
_GET = """\b
Examples:
  exai features get measurements --entity flower_id=7
  exai features get iris_features --entity flower_id=7 --entity flower_id=8
  exai features get trips --entity driver_id=1 --entity city=Oslo --output json
"""
_PUSH = """\b
Examples:
  exai features push measurements --data new_rows.csv
  exai features push measurements --data new_rows.parquet -e staging
"""
_MATERIALIZE = """\b
Examples:
  exai features materialize
  exai features materialize measurements
  exai features materialize --watch
"""


@click.group("features", epilog=_EPILOG)
def command() -> None:
    """Look features up, push rows, bring views online, and see what there is."""


@command.command("get", epilog=_GET)
@click.argument(
    "name",
    metavar="VIEW_OR_SERVICE",
    shell_complete=named("FeatureView", "FeatureService"),
)
@click.option(
    "--entity",
    "cells",
    metavar="KEY=VALUE",
    multiple=True,
    required=True,
    help="The key of what is asked about; repeat it. A key that comes again begins the next row.",
)
@common
def get(name: str, cells: tuple[str, ...]) -> int:
    """Show the features of entities as services see them now.

    Ends with code 1 when an entity isn't there; mistakes in the specs are a warning. A column that
    only a request has is given like a key.
    """

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime.features.looking_up import get as look_up
        from exai_runtime.results import Refused

        rows = _entities(cells)
        if isinstance(rows, Refused):
            return rows
        return look_up(root, options.environment, name, rows)

    return in_project("features get", work)


@command.command("push", epilog=_PUSH)
@click.argument("name", metavar="VIEW", shell_complete=named("FeatureView"))
@click.option(
    "--data",
    "file",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="Rows as .csv, .json (a list of objects), .jsonl or .parquet.",
)
@common
def push(name: str, file: Path) -> int:
    """Push rows to a view: all of them, or none if one has a value of the wrong type."""

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime.features.pushing import push as push_rows

        return push_rows(root, options.environment, name, file)

    return in_project("features push", work)


@command.command("materialize", epilog=_MATERIALIZE)
@click.argument("names", metavar="[VIEW]...", nargs=-1, shell_complete=named("FeatureView"))
@click.option(
    "--watch", is_flag=True, help="Stay, and follow `materialize.every` until Ctrl-C ends it."
)
@common
def materialize(names: tuple[str, ...], watch: bool) -> int:
    """Bring the newest values of views online now; of all views, if none is named."""

    def work(root: Path, options: Options, view: View) -> Result:
        from exai_runtime.features.materializing import materialize as bring

        return bring(root, options.environment, names, view.listen, watch=watch)

    return in_project("features materialize", work)


@command.command("list")
@common
def listing() -> int:
    """Show views with what is online of them, and feature services."""

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime.features.listing import listed

        return listed(root, options.environment)

    return in_project("features list", work)


def _entities(cells: tuple[str, ...]) -> tuple[Mapping[str, Json], ...] | Refused:
    from exai_runtime.cli.problems import refused
    from exai_runtime.cli.rows import from_cells

    for cell in cells:
        if "=" not in cell.lstrip("="):
            return refused(
                "bad-entity", f"--entity {cell}: this is no KEY=VALUE", "--entity flower_id=7"
            )
    return from_cells(cells, typed=False)
