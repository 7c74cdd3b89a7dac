"""`exai lock`: what aliases mean in an environment on a cluster, as a file that people commit."""

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
  exai lock -e prod
  exai lock -e prod iris_model@champion
  exai lock -e prod iris_model@champion=7 && exai plan -e prod --against HEAD
  exai lock -e prod --images
"""


@click.command("lock", epilog=_EPILOG)
@click.argument("names", metavar="[MODEL@ALIAS[=VERSION]]...", nargs=-1)
@click.option("--images", is_flag=True, help="Pin images instead; names are images then.")
@common
def command(names: tuple[str, ...], images: bool) -> int:
    """Pin which version an alias means in an environment on a cluster, in exai.lock.

    It asks the tracking server of the environment's `tracking.uri` (http or https), and writes a
    file of the working tree: version, place, digest and metrics, so that `render` and `plan
    --against` need no registry.
    Without a name it pins what services ask for and isn't pinned yet; with one it moves that pin,
    to where the registry's alias stands or to a version. Commit the file: a change of it is a
    roll-out or a roll-back, and is reviewed as one.

    With --images it pins what the tags of images stand for: exai's own of `images`, and those that
    documents name. Their registries are asked without credentials, over https.
    Images in patches, Manifests and component.yaml files aren't covered: name them by digest.
    """

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        if images:
            from exai_runtime.locking_images import lock_images

            return lock_images(root, options.environment, names)
        from exai_runtime.locking import lock

        return lock(root, options.environment, names)

    return in_project("lock", work)
