"""`exai status`: how an environment is doing. Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View


@click.command(
    "status", epilog="\b\nExamples:\n  exai status\n  exai status -e staging --output json"
)
@common
def command() -> int:
    """Show services, models with their aliases and verdicts, and what waits for what.

    Ends with code 1 when a service failed, stopped or is missing.
    """

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime import session

        return session.status(root, options.environment)

    return in_project("status", work)
