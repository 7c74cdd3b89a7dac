"""`exai doctor`: what of this machine would get in the way, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import here, run

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View


@click.command("doctor", epilog="\b\nExamples:\n  exai doctor\n  exai doctor --output json")
@common
def command() -> int:
    """Check this machine and this project's state, and say what to do.

    Ends with code 1 when something would get in the way. Works outside a project, too.
    """

    def work(options: Options, view: View) -> Result:
        del view
        from exai_runtime.doctor import doctor
        from exai_runtime.folder import find_root

        return doctor(find_root(here(options)), options.environment)

    return run("doctor", work)
