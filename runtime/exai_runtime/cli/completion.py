"""`exai completion`: the script that a shell loads."""

from __future__ import annotations

import click

_EPILOG = """\b
Examples:
  bash   exai completion bash > ~/.local/share/bash-completion/completions/exai
  zsh    exai completion zsh > "${fpath[1]}/_exai"
  fish   exai completion fish > ~/.config/fish/completions/exai.fish
"""


@click.command("completion", epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print a completion script for bash, zsh or fish."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - click brings these three
    root = click.get_current_context().find_root().command
    script = found(root, {}, "exai", "_EXAI_COMPLETE")
    # Not source(): for bash it starts a bash to ask for its version.
    click.echo(script.source_template % script.source_vars())
    return 0
