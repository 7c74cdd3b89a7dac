"""`exai apply`: make the environment what the specs say."""

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
  exai apply
  exai apply -e staging --yes
  exai apply --yes --output json > applied.json
"""


@click.command("apply", epilog=_EPILOG)
@click.option("-y", "--yes", is_flag=True, help="Don't ask before something is deleted.")
@common
def command(yes: bool) -> int:
    """Make the environment what the specs say: pipelines, runs, models, services.

    Asks only before something is deleted. Ends with code 1 when something failed, or when a model
    that it trained missed its gates. Killed at any moment, it finishes the job when run again.
    """

    def work(root: Path, options: Options, view: View) -> Result:
        from exai_runtime import session
        from exai_runtime.cli.approval import Approval, before_deletions

        approval = Approval(view, yes, before_deletions)
        return approval.explain(session.apply(root, options.environment, approval, view.listen))

    return in_project("apply", work)
