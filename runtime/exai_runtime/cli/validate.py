"""`exai validate`: every problem of every spec; opens no target and runs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.complete import codes
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
  exai validate --strict --error-on image-by-tag
"""


def _known(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    if not value:
        return value
    from exai_runtime.explaining import codes as known
    from exai_specs.nearest import nearest

    for code in value:
        if code not in known():
            close = nearest(code, known(), 0.7)  # codes have much in common
            hint = f" Did you mean '{close}'?" if close else ""
            raise click.BadParameter(f"There is no code '{code}'.{hint}", context, parameter)
    return value


@click.command("validate", epilog=_EPILOG)
@click.option("--strict", is_flag=True, help="Warnings are errors.")
@click.option(
    "--error-on",
    "error_on",
    metavar="CODE",
    multiple=True,
    callback=_known,
    shell_complete=codes,
    help="Warnings and notes with this code are errors; repeat it.",
)
@reporting
def command(strict: bool, error_on: tuple[str, ...]) -> int:
    """Check all specs, as a compiler would: every problem with its place and what to do.

    Every environment is checked, whichever -e names.

    The Project's `policies` say how much rules count; `# exai: allow CODE -- reason` silences a
    warning or a note in place.
    """

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        from exai_runtime.validating import validate

        return validate(root, strict, error_on, options.environment)

    return in_project("validate", work)
