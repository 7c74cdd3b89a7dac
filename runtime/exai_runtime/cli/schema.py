"""`exai schema`: what an editor completes and checks specs by."""

from __future__ import annotations

from pathlib import Path

import click

_EPILOG = """\b
Examples:
  exai schema > schema.json
  exai schema --write
A file names its schema in its first line, as those of `exai init` do:
  # yaml-language-server: $schema=exai.schema.json
"""


@click.command("schema", epilog=_EPILOG)
@click.option("--write", is_flag=True, help="Write exai.schema.json of this project anew.")
@click.option(
    "-C",
    "--directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The project's folder.",
)
def command(write: bool, directory: Path) -> int:
    """Print the JSON Schema of all kinds, for editors with a YAML language server.

    Works outside a project, too. After an upgrade of exai, or in a fresh clone, --write brings
    the file that specs point at.
    """
    from exai_runtime import editor_schema

    if not write:
        click.echo(editor_schema.text(), nl=False)
        return 0
    click.echo(editor_schema.write(directory))
    return 0
