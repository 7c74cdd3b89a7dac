"""`exai render`: the files that kubectl, kfp and feast take. Opens no target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.complete import identities
from exai_runtime.cli.options import Options, common
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

_EPILOG = """\b
Examples:
  exai render -o rendered/local
  exai render -e prod -o rendered/prod && kubectl apply --server-side -k rendered/prod
  exai render -e prod -o rendered/prod Pipeline/iris-training
  exai render Service/iris | kubectl apply --dry-run=server -f -
"""


@click.command("render", epilog=_EPILOG)
@click.argument(
    "names",
    metavar="[KIND/NAME]...",
    nargs=-1,
    shell_complete=identities("Pipeline", "Service", "FeatureView", "FeatureService"),
)
@click.option(
    "-o",
    "--output-dir",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A folder for the files; only those that exai wrote there are replaced.",
)
@click.option(
    "--save-build",
    "build",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="One file with all of it, for `exai plan --against-build`.",
)
@common
def command(names: tuple[str, ...], folder: Path | None, build: Path | None) -> int:
    """Write the files that kubectl, kfp and feast take, without asking a target.

    The folder has kubernetes/ (of a cluster listed in order by kustomization.yaml), kfp/ (what
    KFP's API takes) and feast/. Without -o, Kubernetes' objects go to stdout. What only a target
    knows, such as the version that an alias means, is left out, and said. Of a local environment it
    is known since the last `plan` or `apply`.
    """

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        if build is not None:
            from exai_runtime.comparing import save_build

            return save_build(root, options.environment, build)
        from exai_runtime import rendering

        return rendering.render(root, options.environment, names, folder)

    if build is not None and (names or folder):
        raise click.UsageError("--save-build keeps all of it in one file: leave the rest out")
    return in_project("render", work)
