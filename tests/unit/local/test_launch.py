"""What a child writes reaches its log without secrets, however it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from exai_runtime.local.surroundings import surroundings

PHRASE = "correct horse battery"

ENDINGS = {
    "returns": ("print(secret)", 0),
    "leaves": ("import sys; print(secret); sys.exit(3)", 3),
    "says why": ("import sys; sys.exit(f'the password {secret} is wrong')", 1),
    "fails": ("raise ValueError(secret)", 1),
    "writes by a child": (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import os; "
        'os.write(2, os.environ["DB"].encode())\'], check=True)',
        0,
    ),
    "writes at its end": ("import atexit; print(secret); atexit.register(print, secret)", 0),
    "has no newline": ("import sys; sys.stdout.write(secret)", 0),
}


def run(folder: Path, code: str, **variables: str) -> tuple[int, str]:
    (folder / "child.py").write_text(f"import os; secret = os.environ.get('DB')\n{code}\n")
    done = subprocess.run(
        [sys.executable, "-m", "exai_runtime.local.launch", "child", "one", "two"],
        cwd=folder,
        env={**surroundings(), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=30,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_ending_shows_the_secret(tmp_path: Path, ending: str) -> None:
    code, wanted = ENDINGS[ending]
    status, output = run(tmp_path, code, DB=PHRASE, EXAI_REDACT="DB")
    assert status == wanted, output
    assert PHRASE not in output
    assert "***" in output


def test_without_secrets_everything_is_as_it_was(tmp_path: Path) -> None:
    status, output = run(tmp_path, "import sys; print(sys.argv[1:], __name__); sys.exit(4)")
    assert (status, output) == (4, "['one', 'two'] __main__\n")


def test_a_grandchild_that_keeps_the_pipe_holds_nothing_up(tmp_path: Path) -> None:
    code = "import subprocess; print(secret); subprocess.Popen(['sleep', '8'], stdout=None)"
    (tmp_path / "log").touch()
    with (tmp_path / "log").open("ab") as log:
        (tmp_path / "child.py").write_text(f"import os; secret = os.environ['DB']\n{code}\n")
        done = subprocess.run(
            [sys.executable, "-m", "exai_runtime.local.launch", "child"],
            cwd=tmp_path,
            env={**surroundings(), "DB": PHRASE, "EXAI_REDACT": "DB"},
            stdout=log,
            stderr=log,
            check=False,
            timeout=7,
        )
    assert done.returncode == 0
    assert (tmp_path / "log").read_text() == "***\n"
