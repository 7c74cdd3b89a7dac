"""`exai explain`: what a diagnostic's code means, with an example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from exai_runtime.cli.complete import codes
from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import run

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

_EPILOG = """\b
Examples:
  exai explain unknown-reference
  exai explain
  exai explain tab --output json
"""


@click.command("explain", epilog=_EPILOG)
@click.argument("code", required=False, shell_complete=codes)
@common
def command(code: str | None) -> int:
    """Say what a diagnostic's code means, why it is refused, and how to mend it.

    CODE is the word in brackets, as in error[unknown-reference]. Without one all codes are listed.
    Works outside a project, too.
    """

    def work(options: Options, view: View) -> Result:
        del options, view
        from exai_runtime import explaining

        return explaining.listed() if code is None else explaining.explain(code)

    return run("explain", work)
