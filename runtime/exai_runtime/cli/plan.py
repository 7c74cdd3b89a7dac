"""`exai plan`: what an apply would do. Changes nothing."""

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
  exai plan
  exai plan -e staging --detailed-exitcode
  exai plan --output json > plan.json
"""
CHANGES = 2


@click.command("plan", epilog=_EPILOG)
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 0 when there is nothing to do, 2 when there are changes, 1 on errors.",
)
@common
def command(detailed_exitcode: bool) -> int:
    """Show what an apply would do, and why. Changes nothing."""

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime import session

        return session.plan(root, options.environment)

    return in_project("plan", work, detailed if detailed_exitcode else None)


def detailed(result: Result) -> int:
    """The result's own code, or 2 when a plan has changes."""
    from exai_runtime.results import Planning

    if isinstance(result, Planning) and result.plan is not None and result.plan.changes:
        return result.exit_code or CHANGES
    return result.exit_code
