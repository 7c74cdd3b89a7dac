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

    Ends with code 1 when a service failed, stopped or is missing. One that runs and that no
    document asks for is outdated.

    Mistakes in the specs are one warning, and don't change the code: then it shows what was
    applied, and whether the specs ask for that is unknown (`drift` in JSON). A service of a
    document without mistakes that wasn't applied is missing all the same. A Project that can't be
    read ends it with 1.
    """

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime import session

        return session.status(root, options.environment)

    return in_project("status", work)
