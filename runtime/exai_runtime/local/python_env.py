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
import site
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from exai_runtime.local.paths import cache_folder
from exai_runtime.local.surroundings import surroundings
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.regexes import regex

_COMPLETE = "complete"
_PATIENCE = 1800.0  # seconds for pip
_KFP = regex(r"kfp==[0-9.]+")
_UNREACHABLE = ("NewConnectionError", "ProxyError", "ConnectTimeout", "SSLError", "Retrying (")


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
    """Whether this interpreter has exactly these versions. What extras bring only pip can tell."""
    for package in packages:
        name, _, version = package.partition("==")
        try:
            if "[" in name or metadata.version(name) != version:
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
    behind = _site_folders()
    identity = json.dumps([sys.version, sys.prefix, _installed(behind), wanted, list(options)])
    key = hashlib.sha256(identity.encode()).hexdigest()[:20]
    shelf = cache_folder() / "python"
    shelf.mkdir(parents=True, exist_ok=True)
    folder = shelf / key
    with (shelf / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / _COMPLETE).exists():
            tell(f"installing {', '.join(wanted)}, once")
            shutil.rmtree(folder, ignore_errors=True)
            _make(folder, behind, wanted, options, lock.fileno())
            (folder / _COMPLETE).touch()
    return folder / "bin"


def _site_folders() -> list[str]:
    """Where this interpreter's packages are."""
    user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [folder for folder in (*site.getsitepackages(), *user) if Path(folder).is_dir()]


def _installed(folders: Sequence[str]) -> list[str]:
    """What is there, with versions: another exai below the same path is another environment."""
    names = (entry.name for folder in folders for entry in os.scandir(folder))
    return sorted(name for name in names if name.endswith((".dist-info", ".egg-info")))


def _make(
    folder: Path, behind: Sequence[str], packages: Sequence[str], options: Sequence[str], lock: int
) -> None:
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    library = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    # Behind its own packages: this interpreter's, with what its own .pth files add, and exai.
    exai = [path for path in sys.path if path and (Path(path) / "exai_components").is_dir()]
    lines = [*(f"import site; site.addsitedir({each!r})" for each in behind), *exai]
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
            env=_pips_environment(),
            pass_fds=(lock,),  # whoever comes after a kill waits until this pip has ended, too
        )
        said, failed = done.stderr.strip(), done.returncode != 0
    except subprocess.TimeoutExpired:
        said, failed = f"pip wasn't done after {_PATIENCE:.0f} s", True
    if failed:
        shutil.rmtree(folder, ignore_errors=True)
        raise TargetError(_refusal(packages, said), tuple(said.splitlines()))


def _pips_environment() -> dict[str, str]:
    """pip's own settings, and what a machine needs: building a package runs its code, which has no
    use for the user's other variables.
    """
    own = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    return {**surroundings(), **own, "PYTHONPATH": "", "PYTHONNOUSERSITE": "1"}


def _refusal(packages: Sequence[str], said: str) -> Diagnostic:
    """What pip said, and the way out."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR: ")] or lines or ["pip failed"]
    if "No module named pip" in said:
        hint = f"this environment has no pip: {sys.executable} -m ensurepip"
    elif any(word in said for word in _UNREACHABLE):
        hint = "the index isn't reached: see the network, HTTPS_PROXY and pip.indexUrls"
    else:
        hint = "see that each name and version exists for this Python, and where pip looks"
    return Diagnostic(
        "packages-not-installed",
        f"{', '.join(packages)} can't be installed: {errors[-1].removeprefix('ERROR: ')}",
        Span("exai.yaml"),
        hint=f"{hint}; what `pip install` puts into this environment is used as it is",
    )
