"""`exai history`: a model's versions, verdicts and alias moves. Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.complete import named
from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

_EPILOG = "\b\nExamples:\n  exai history iris_model\n  exai history iris_model --output json"


@click.command("history", epilog=_EPILOG)
@click.argument("model", shell_complete=named("Model"))
@common
def command(model: str) -> int:
    """Show a model's versions, each with run, commit, data, metrics, verdict; and alias moves."""

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime import looking_back

        return looking_back.history(root, options.environment, model)

    return in_project("history", work)
