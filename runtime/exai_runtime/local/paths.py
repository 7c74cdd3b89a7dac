"""Where the local target keeps things. In: the project's folder and an environment's name. Out:
paths.

Working out a path creates nothing: plans read these paths, and a plan writes nothing into a
project. Only `prepare` and `private_folder` make folders, and only an apply calls them.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.values import frozen

# A Unix socket's path has room for 107 bytes on Linux; what a server adds to ours (`.fd`) has to
# fit as well.
SOCKET_PATH_BYTES = 100


@frozen
class RunPaths:
    """The files of one run; `folder` is `runs/<run key>`."""

    folder: Path

    @property
    def request(self) -> Path:
        return self.folder / "request.json"

    @property
    def ir(self) -> Path:
        return self.folder / "pipeline.json"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def log(self) -> Path:
        return self.folder / "run.log"

    @property
    def events(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def result(self) -> Path:
        return self.folder / "result.json"

    @property
    def work(self) -> Path:
        return self.folder / "work"


@frozen
class Paths:
    """The state of one environment of one project. `root` is absolute."""

    root: Path
    environment: str

    @property
    def state(self) -> Path:
        return self.root / ".exai" / self.environment

    @property
    def control(self) -> Path:
        return self.state / "control.db"

    @property
    def lock(self) -> Path:
        return self.state / "apply.lock"

    @property
    def registry(self) -> Path:
        return self.state / "mlflow.db"

    @property
    def artifacts(self) -> Path:
        return self.state / "mlartifacts"

    @property
    def models(self) -> Path:
        return self.state / "models"

    @property
    def runs(self) -> Path:
        return self.state / "runs"

    @property
    def services(self) -> Path:
        return self.state / "services"

    @property
    def secrets(self) -> Path:
        return self.root / ".exai" / "secrets"

    @property
    def owner(self) -> str:
        """A short name of this state folder, the same for every process that looks at it."""
        return hashlib.sha256(os.fsencode(self.state.resolve())).hexdigest()[:16]

    @property
    def private(self) -> Path:
        """A short folder outside the project, for sockets and a run's temporary files."""
        return _temporary() / self.owner

    def run(self, key: str) -> RunPaths:
        return RunPaths(self.runs / key)

    def service(self, name: str) -> Path:
        return self.services / name

    def service_log(self, name: str) -> Path:
        return self.services / name / "server.log"

    def scratch(self, key: str) -> Path:
        """The temporary folder of one run: its steps' TMPDIR. Short, because libraries put sockets
        there.
        """
        return self.private / f"r{key[:12]}"


def cache_folder() -> Path:
    """The disposable cache of exai, outside every project."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "exai"


def prepare(paths: Paths) -> None:
    """Make the state folder; `.exai/.gitignore` keeps all of it out of Git."""
    paths.state.mkdir(parents=True, exist_ok=True)
    ignore = paths.root / ".exai" / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def private_folder(paths: Paths) -> Path:
    """Make the private folder, open to its owner alone. Raises TargetError when it isn't."""
    for folder in (paths.private.parent, paths.private):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        private = found.st_uid == os.geteuid() and not found.st_mode & 0o077
        if not private or folder.is_symlink():
            problem = f"{folder} should be open to this user alone, and isn't"
            hint = "remove it, or set TMPDIR to another folder"
            raise TargetError(
                Diagnostic("unsafe-temp-folder", problem, Span("exai.yaml"), hint=hint)
            )
    return paths.private


def remove_private(paths: Paths, *, everything: bool = False) -> None:
    """Leave the temp folder as it was: the private folder goes when nothing is in it any more."""
    if everything:
        shutil.rmtree(paths.private, ignore_errors=True)
    remove_empty(paths.private)


def remove_empty(folder: Path) -> None:
    """Remove a private folder and the one above it, if nothing is in them."""
    for place in (folder, folder.parent):
        try:
            place.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return


def _temporary() -> Path:
    """`<temp folder>/exai-<user>`; in `/tmp` when that path is too long for sockets, or has
    characters that a library stumbles over (H2O refuses spaces in its temporary folder).
    """
    name = f"exai-{os.geteuid()}"
    folder = tempfile.gettempdir()
    longest = len(folder) + len(f"/{name}/0123456789abcdef/s01234567-01234567.sock.fd")
    usable = re.fullmatch(r"[A-Za-z0-9._/-]+", folder) and longest < SOCKET_PATH_BYTES
    return Path(folder if usable else "/tmp") / name  # noqa: S108 - checked to be private
