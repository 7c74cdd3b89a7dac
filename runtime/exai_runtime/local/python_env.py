"""Cached Python environments for the packages that steps pin.

In: requirements with exact versions. Out: the folder of a Python that has them, or None when this
one does. An environment is made once, below the user's cache folder, under a lock; it sees this
interpreter's packages behind its own. What a kill left half-made is made anew.
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from exai_runtime.local.paths import cache_folder
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span

_COMPLETE = "complete"
_PATIENCE = 1800.0  # seconds for pip
_KFP = re.compile(r"kfp==[0-9.]+")


def requested(preamble: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Packages and index options of the installs that KFP puts before a program; KFP's own install
    is left out, because this machine has it.
    """
    if not preamble:
        return (), ()
    packages: list[str] = []
    options: list[str] = []
    marker = "python3 -m pip install --quiet --no-warn-script-location "
    for part in preamble[-1].split(marker)[1:]:
        line = part.split(" && ", 1)[0]
        quoted = re.findall(r"'(?:[^'\\]|\\.)*'", line)
        words = [str(ast.literal_eval(word)) for word in quoted]
        if words and _KFP.fullmatch(words[0]) and "--no-deps" in words:
            continue
        packages += words
        options = shlex.split(line[: line.index(quoted[0])]) if quoted else options
    return tuple(packages), tuple(options)


def satisfied(packages: Sequence[str]) -> bool:
    """Whether this interpreter has exactly these versions."""
    for package in packages:
        name, _, version = package.partition("==")
        try:
            if metadata.version(name.partition("[")[0]) != version:
                return False
        except metadata.PackageNotFoundError:
            return False
    return True


def environment_with(
    packages: Sequence[str], options: Sequence[str], tell: Callable[[str], None]
) -> Path | None:
    """The `bin` folder of an environment with these packages. Raises TargetError, with pip's own
    words, when they can't be installed.
    """
    if satisfied(packages):
        return None
    wanted = sorted(packages)
    here = sysconfig.get_paths()["purelib"]
    identity = json.dumps([sys.version, sys.prefix, here, wanted])
    key = hashlib.sha256(identity.encode()).hexdigest()[:20]
    shelf = cache_folder() / "python"
    shelf.mkdir(parents=True, exist_ok=True)
    folder = shelf / key
    with (shelf / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / _COMPLETE).exists():
            tell(f"installing {', '.join(wanted)}, once")
            shutil.rmtree(folder, ignore_errors=True)
            _make(folder, here, wanted, options)
            (folder / _COMPLETE).touch()
    return folder / "bin"


def _make(folder: Path, here: str, packages: Sequence[str], options: Sequence[str]) -> None:
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    library = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    # Behind its own packages: this interpreter's, with what its own .pth files add, and exai.
    exai = [path for path in sys.path if path and (Path(path) / "exai_components").is_dir()]
    lines = [f"import site; site.addsitedir({here!r})", *exai]
    (library / "site-packages" / "behind.pth").write_text("\n".join(lines) + "\n", "utf-8")
    command = [
        *(sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")),
        *("install", "--quiet", "--disable-pip-version-check", "--no-input", *options, *packages),
    ]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
            env={**os.environ, "PYTHONNOUSERSITE": "1"},
        )
        said, failed = done.stderr.strip(), done.returncode != 0
    except subprocess.TimeoutExpired:
        said, failed = f"pip wasn't done after {_PATIENCE:.0f} s", True
    if failed:
        shutil.rmtree(folder, ignore_errors=True)
        last = next((x for x in reversed(said.splitlines()) if x.strip()), "pip failed")
        raise TargetError(
            Diagnostic(
                "packages-not-installed",
                f"{', '.join(packages)} can't be installed: {last.removeprefix('ERROR: ')}",
                Span("exai.yaml"),
                hint="see that names and versions exist and that the index is reached; "
                "`pip install` them here by hand, and they are used as they are",
            )
        )
