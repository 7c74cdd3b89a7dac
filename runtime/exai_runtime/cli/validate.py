"""`exai validate`: every problem of every spec; opens no target and runs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.options import Options, reporting
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View


_EPILOG = """\b
Examples:
  exai validate
  exai validate --output json
  exai validate --output sarif > exai.sarif
  exai validate --output github
"""


@click.command("validate", epilog=_EPILOG)
@reporting
def command() -> int:
    """Check all specs, as a compiler would: every problem with its place and what to do."""

    def work(root: Path, options: Options, view: View) -> Result:
        del options, view
        from exai_runtime import session

        return session.validate(root)

    return in_project("validate", work)
