"""What the README shows, done: in a fresh clone, and with the built wheel in an empty folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text()
ROW = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}

pytestmark = pytest.mark.slow


def shell_environment(home: Path) -> dict[str, str]:
    """Nothing of ours: an own home, cache and temp folder, and a PATH in which there is no Java."""
    tools = home / "bin"
    tools.mkdir(parents=True)
    for name in (
        "make",
        "git",
        "rm",
        "touch",
        "sh",
        "bash",
        "env",
        "printenv",
        "tr",
        "mkdir",
        "cp",
    ):
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    (tools / "python3").symlink_to(sys.executable)
    (home / "tmp").mkdir()
    kept = {k: v for k, v in os.environ.items() if k.startswith(("PIP_", "UV_")) or k == "LANG"}
    return kept | {
        "HOME": str(home),
        "PIP_CACHE_DIR": str(cache() / "pip"),
        "UV_CACHE_DIR": str(cache() / "uv"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "TMPDIR": str(home / "tmp"),
        "PATH": str(tools),
        "PIP_CONFIG_FILE": os.environ.get("PIP_CONFIG_FILE", pip_config()),
    }


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))


def pip_config() -> str:
    """Where this machine says which index to use, if it says so."""
    for place in (Path.home() / ".config/pip/pip.conf", Path.home() / ".pip/pip.conf"):
        if place.exists():
            return str(place)
    return os.devnull


def run(words: list[str], cwd: Path, env: dict[str, str], code: int = 0) -> str:
    done = subprocess.run(
        words, cwd=cwd, env=env, capture_output=True, text=True, timeout=900, check=False
    )
    text = done.stdout + done.stderr
    assert done.returncode == code, text
    assert "Traceback" not in text
    return text


def test_the_readme_opens_with_its_two_commands() -> None:
    assert re.findall(r"^\$ (.*)$", README, re.MULTILINE)[:2] == ["make demo", "make test"]


@dataclass(frozen=True)
class Demo:
    """A clone in which `make demo` ran, and what it said."""

    clone: Path
    env: dict[str, str]
    said: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Installed once for the whole file: it is a gigabyte."""
    folder = tmp_path_factory.mktemp("readme")
    env, clone = shell_environment(folder / "home"), folder / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    try:
        yield Demo(clone, env, run(["make", "demo"], clone, env))
    finally:
        exai = clone / ".venv" / "bin" / "exai"
        if exai.exists():
            run([str(exai), "-C", "examples/iris", "destroy", "--purge", "--yes"], clone, env)


def test_make_demo_in_a_fresh_clone_and_once_more(demo: Demo) -> None:
    assert shutil.which("java", path=demo.env["PATH"]) is None
    assert re.search(r"^setosa +0\.9", demo.said, re.MULTILINE), demo.said
    assert "champion -> v1" in demo.said
    again = run(["make", "demo"], demo.clone, demo.env)
    assert "No changes." in again
    assert "round 1" not in again
    printed = {" ".join(line.split()) for line in demo.said.splitlines()}
    headings = re.findall(r"^(PREDICTION.*|MODEL .*|OBJECT .*)$", README, re.MULTILINE)
    assert len(headings) == 3, "the README shows what make demo prints"
    assert {" ".join(line.split()) for line in headings} <= printed


def test_the_wheel_in_an_empty_environment(tmp_path: Path, demo: Demo) -> None:
    env = shell_environment(tmp_path / "home")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    run(["python3", "-m", "venv", "venv"], tmp_path, env)
    python, exai = str(tmp_path / "venv/bin/python"), str(tmp_path / "venv/bin/exai")
    run([python, "-m", "pip", "install", "-q", str(wheel)], tmp_path, env)

    # the base alone: enough to write, check and plan
    assert "make_data.py" in run([exai, "init", "flowers"], tmp_path, env)
    project = tmp_path / "flowers"
    assert "Valid" in run([exai, "validate"], project, env)
    (project / "data").mkdir()
    subprocess.run([sys.executable, str(project / "make_data.py")], env=env, check=True)
    assert "run      Pipeline/iris-training" in run([exai, "plan"], project, env)
    refused = run([exai, "apply", "--yes"], project, env, code=1)
    assert "missing-extra" in refused
    assert "exai[local]" in refused

    # with what is pinned, as `make setup` installed it, and the wheel instead of the clone
    pinned = tmp_path / "pinned"
    shutil.copytree(demo.clone / ".venv", pinned, symlinks=True, copy_function=os.link)
    python, exai = str(pinned / "bin/python"), str(pinned / "bin/exai")
    replacing = ["-q", "--no-deps", "--force-reinstall", str(wheel)]
    run([python, "-m", "pip", "install", *replacing], tmp_path, env)
    shown = run([python, "-m", "pip", "show", "-f", "exai"], tmp_path, env)
    assert str(demo.clone) not in shown
    assert "exai_compiler/project.py" in shown
    try:
        run([exai, "apply", "--yes"], project, env)
        row = [word for name, value in ROW.items() for word in ("--row", f"{name}={value}")]
        answer = json.loads(
            run([exai, "predict", "iris", *row, "-q", "--output", "json"], project, env)
        )
        assert answer["result"]["predictions"][0]["prediction"] == "setosa"
    finally:
        run([exai, "destroy", "--purge", "--yes"], project, env)
