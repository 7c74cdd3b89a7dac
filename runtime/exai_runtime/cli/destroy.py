"""`exai destroy`: remove what exai made in an environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

_EPILOG = """\b
Examples:
  exai destroy
  exai destroy --purge --yes
"""


@click.command("destroy", epilog=_EPILOG)
@click.option("--purge", is_flag=True, help="Also remove models, runs and the registry.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@common
def command(purge: bool, yes: bool) -> int:
    """Remove what exai made in the environment. The specs stay, and so do models and runs."""

    def work(root: Path, options: Options, view: View) -> Result:
        from exai_runtime import session
        from exai_runtime.cli.approval import Approval, before_destroying

        approval = Approval(view, yes, before_destroying(purge))
        return approval.explain(
            session.destroy(root, options.environment, purge, approval, view.listen)
        )

    return in_project("destroy", work)
