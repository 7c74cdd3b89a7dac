"""Environments for pinned packages, by the real pip from wheels of a folder: made once, seeing what
is here behind their own, whole after a kill."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import time
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from exai_compiler.python_code import Function, read_function
from exai_compiler.python_code.ephemeral import command
from exai_runtime.local.python_env import environment_with, requested, satisfied
from exai_runtime.target import TargetError
from exai_specs.kinds import Pip

pytestmark = pytest.mark.slow

INSTALL = """
import json, sys
from exai_runtime.local.python_env import environment_with
said = []
print(environment_with([sys.argv[1]], json.loads(sys.argv[2]), said.append), len(said))
"""


def wheel(folder: Path, name: str, version: str) -> None:
    """A package with one module that holds its version."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"__version__ = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256="
        + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        + f",{len(text)}\n"
        for path, text in files.items()
    )
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where pip finds two small packages: one that nobody has, and another version of one here."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shelf = tmp_path / "wheels"
    shelf.mkdir()
    wheel(shelf, "exaitiny", "1.0")
    wheel(shelf, "iniconfig", "99.0")
    return ["--no-index", "--find-links", str(shelf)]


def python(folder: Path, code: str) -> str:
    """What a program prints in an environment; the path as a step's process has it."""
    done = subprocess.run(
        [str(folder / "python3"), "-c", code],
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_an_environment_is_made_once_and_sees_what_is_here(options: list[str]) -> None:
    said: list[str] = []
    folder = environment_with(["iniconfig==99.0", "exaitiny==1.0"], options, said.append)
    assert folder is not None
    assert environment_with(["exaitiny==1.0", "iniconfig==99.0"], options, said.append) == folder
    assert said == ["installing exaitiny==1.0, iniconfig==99.0, once"]
    assert environment_with(["exaitiny==1.0"], options, said.append) != folder
    code = (
        "import exaitiny, iniconfig, exai_components, joblib\n"
        "print(exaitiny.__version__, iniconfig.__version__, joblib.__version__)"
    )
    assert python(folder, code) == f"1.0 99.0 {metadata.version('joblib')}"
    assert metadata.version("iniconfig") != "99.0", "what is here stays as it is"


def test_what_is_here_needs_no_environment() -> None:
    here = f"scikit-learn=={metadata.version('scikit-learn')}"
    assert satisfied([here]) and environment_with([here], [], print) is None
    assert not satisfied([here, "exaitiny==1.0"])
    assert not satisfied(["scikit-learn==0.1"])
    assert not satisfied([here.replace("==", "[tests]==")]), "only pip knows what extras bring"


def test_two_at_once_make_one(options: list[str]) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", INSTALL, "exaitiny==1.0", json.dumps(options)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=120)[0].split() for process in started]
    assert answers[0][0] == answers[1][0]
    assert sorted(answer[1] for answer in answers) == ["0", "1"]


def test_a_kill_in_the_middle_leaves_nothing_that_is_used(options: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INSTALL, "exaitiny==1.0", json.dumps(options)],
        stdout=subprocess.DEVNULL,
    )
    shelf = Path(os.environ["XDG_CACHE_HOME"]) / "exai" / "python"
    deadline = time.monotonic() + 60
    while not list(shelf.glob("*/bin/python3")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    folder = environment_with(["exaitiny==1.0"], options, print)
    assert folder is not None
    assert python(folder, "import exaitiny; print(exaitiny.__version__)") == "1.0"


def test_what_pip_refuses_is_said_with_a_way_out(options: list[str]) -> None:
    with pytest.raises(TargetError) as caught:
        environment_with(["exaitiny==2.0"], options, print)
    problem = caught.value.diagnostic
    assert problem.code == "packages-not-installed"
    assert "No matching distribution found for exaitiny==2.0" in problem.message
    assert "version exists" in problem.hint
    assert len(caught.value.lines) > 1, "all that pip said, for the run's log"
    assert not list((Path(os.environ["XDG_CACHE_HOME"]) / "exai" / "python").glob("*/bin"))


@pytest.mark.usefixtures("options")
def test_an_index_that_isnt_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(TargetError) as caught:
        environment_with(["exaitiny==1.0"], ["--index-url", "http://127.0.0.1:9/simple"], print)
    assert "the index isn't reached" in caught.value.diagnostic.hint


@pytest.mark.parametrize("image", [True, False])
def test_what_is_asked_of_pip_is_read_from_the_command(image: bool) -> None:
    function = read_function("def f() -> None: ...", "f")
    assert isinstance(function, Function)
    pip = Pip(
        packages=("a==1.0", "b[c,d]==2.0+x"),
        index_urls=("https://one.example.com/simple", "https://two.example.com/"),
        trusted_hosts=("two.example.com:8080",),
    )
    words = command(function, pip, with_kfp=image)
    assert requested(words[:2]) == ((), ()) or requested(words[:-4]) == (
        ("a==1.0", "b[c,d]==2.0+x"),
        (
            *("--index-url", "https://one.example.com/simple"),
            *("--extra-index-url", "https://two.example.com/"),
            *("--trusted-host", "two.example.com:8080"),
        ),
    )
    assert requested(command(function, None, with_kfp=image)[:-4]) == ((), ())
