"""exai as a process: what it imports, what it writes where, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = (sys.executable, "-m", "exai_runtime.cli.main")


def exai(
    *words: str, cwd: Path | None = None, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MODULE, *words],
        cwd=cwd,
        input=stdin,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["plan", "--help"], ["completion", "zsh"]]
)
def test_help_imports_next_to_nothing(words: list[str]) -> None:
    code = f"""
import sys
from exai_runtime.cli import main
assert main.run({words!r}) == 0
heavy = {{"pydantic", "yaml", "rich", "sqlite3", "exai_specs", "exai_compiler"}}
print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("words", [["-m", "exai_runtime.cli.main"], ["-c", "script"]])
def test_an_interrupt_while_it_starts_is_no_traceback(words: list[str], tmp_path: Path) -> None:
    interrupt = "import signal\nsignal.raise_signal(signal.SIGINT)\n"
    (tmp_path / "click.py").write_text(interrupt)
    # Whatever started the tests may have SIGINT ignored, and processes inherit that.
    catch = "import runpy, signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    start = "from exai_runtime.cli.main import main\nmain()\n"
    if words[0] == "-m":
        start = f"runpy.run_module({words[1]!r}, run_name='__main__')\n"
    done = subprocess.run(
        [sys.executable, "-c", catch + start],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_who_imports_it_keeps_its_own_interrupts() -> None:
    code = """
import signal
from exai_runtime.cli import main
assert signal.getsignal(signal.SIGINT) is before
def interrupted(arguments):
    raise KeyboardInterrupt
main.run = interrupted
main.main()
"""
    begin = (
        "import signal; before = signal.default_int_handler; signal.signal(signal.SIGINT, before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", begin + code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (130, "")


def test_help_shows_groups_examples_and_exit_codes() -> None:
    done = exai("--help")
    assert done.returncode == 0
    assert done.stderr == ""
    for text in ("Begin:", "Change:", "Look and use:", "Examples:", "Exit codes:", "  70 "):
        assert text in done.stdout
    names = ("init", "validate", "plan", "apply", "run", "destroy", "status", "predict", "runs")
    names += (
        "history",
        "lock",
        "logs",
        "render",
        "doctor",
        "completion",
        "lineage",
        "graph",
        "schema",
    )
    for name in names:
        assert f"\n  {name} " in done.stdout
        assert "Examples:" in exai(name, "--help").stdout


def test_version() -> None:
    import tomllib

    pyproject = Path(__file__).parents[3] / "pyproject.toml"
    version = tomllib.loads(pyproject.read_text("utf-8"))["project"]["version"]
    assert exai("--version").stdout == f"exai {version}\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["pln"], "Did you mean 'plan'?"),
        (["plan", "--nope"], "--nope"),
        (["plan", "-C", "/no/such/folder"], "/no/such/folder"),
        (["plan", "--output", "xml"], "xml"),
        (["predict"], "SERVICE"),
        (["predict", "iris"], "--data"),
        (["predict", "iris", "--data", "{}", "--row", "a=1"], "not both"),
    ],
)
def test_a_wrong_command_line_is_code_2(words: list[str], text: str, tmp_path: Path) -> None:
    done = exai(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_no_project(tmp_path: Path) -> None:
    done = exai("plan", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "error[no-project]" in done.stderr
    assert "exai init" in done.stderr


@pytest.mark.parametrize("words", ["validate", "--help"])
def test_a_reader_that_leaves_early_is_no_bug(words: str, tmp_path: Path) -> None:
    (tmp_path / "exai.yaml").write_text(PROJECT)
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*MODULE, words], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_terminal_without_umlauts_gets_escapes(tmp_path: Path) -> None:
    folder = tmp_path / "größe"
    folder.mkdir()
    done = exai("plan", cwd=folder, PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "gr\\xf6\\xdfe" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    done = exai("completion", shell)
    assert done.returncode == 0
    assert "_EXAI_COMPLETE" in done.stdout
    assert "exai_runtime" not in done.stdout


def test_completion_offers_commands_and_never_complains(tmp_path: Path) -> None:
    (tmp_path / "exai.yaml").write_text("][", "utf-8")
    words = {"_EXAI_COMPLETE": "bash_complete", "COMP_CWORD": "1", "COMP_WORDS": "exai pl"}
    assert exai(cwd=tmp_path, **words).stdout == "plain,plan\n"
    words |= {"COMP_WORDS": "exai predict ", "COMP_CWORD": "2"}
    done = exai(cwd=tmp_path, **words)
    assert (done.stdout, done.stderr) == ("\n", "")


PROJECT = "apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: p}\nspec: {}\n"


def ended(root: Path, line: str) -> tuple[int, str]:
    """How a line of a shell ends that calls `exai`, and what it says on stderr."""
    (root / "exai.yaml").write_text(PROJECT)
    called = f'exai() {{ "{sys.executable}" -m exai_runtime.cli.main "$@"; }}; set -o pipefail; '
    found = subprocess.run(
        ["bash", "-c", called + line],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return found.returncode, found.stderr


@pytest.mark.parametrize("words", ["validate", "--help"])
@pytest.mark.parametrize("closed", [">&-", ">/dev/null 2>&-", "<&-", ">&- 2>&-", "2>/dev/full"])
def test_a_closed_stream_leads_nowhere(words: str, closed: str, tmp_path: Path) -> None:
    assert ended(tmp_path, f"exai {words} {closed}") == (0, "")


@pytest.mark.parametrize("words", ["validate", "--help"])
def test_a_full_disk_is_told(words: str, tmp_path: Path) -> None:
    code, told = ended(tmp_path, f"exai {words} >/dev/full")
    assert code == 1 and "bug" not in told
    assert told.startswith("error[no-access] No space left on device")


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    code = """
import os
from exai_runtime.cli.main import run
os.rmdir(os.getcwd())
raise SystemExit(run(["validate"]))
"""
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, cwd=gone, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "is gone" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_memory_even_for_the_views_it_says_so() -> None:
    code = """
import sys
from exai_runtime.cli import main
main.cli.main = lambda *_, **__: bytearray(sys.maxsize)
raise SystemExit(main.run(["validate"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error[no-memory] ")
