"""The wrapper of a user's step: tracebacks in the user's own lines, and what a failure says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exai_components.own_code import Settings, blocks, users_own

SETTINGS = Settings(python="", path="specs/train.py", line=10, head=8)
LOG = """\
before
Traceback (most recent call last):
  File "<frozen runpy>", line 198, in _run_module_as_main
  File "/x/kfp/dsl/executor.py", line 5, in execute
    result = self.func(**func_kwargs)
  File "/tmp/tmp.x/ephemeral_component.py", line 9, in train
    inner()
  File "/tmp/tmp.x/ephemeral_component.py", line 12, in inner
    raise ValueError("bad")
ValueError: bad
after
"""


def test_a_traceback_starts_at_the_first_own_line_and_has_the_files_own_numbers() -> None:
    lines = [line for block in blocks(LOG.splitlines()) for line in users_own(block, SETTINGS)]
    assert lines == [
        "before",
        "Traceback (most recent call last):",
        '  File "specs/train.py", line 11, in train',
        "    inner()",
        '  File "specs/train.py", line 14, in inner',
        '    raise ValueError("bad")',
        "ValueError: bad",
        "after",
    ]


def test_a_traceback_without_own_lines_stays_as_it_is() -> None:
    text = LOG.replace("ephemeral_component.py", "somewhere.py")
    assert "\n".join(
        line for block in blocks(text.splitlines()) for line in users_own(block, SETTINGS)
    ) == text.rstrip("\n")


def run(
    folder: Path, code: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A program in the form of KFP's: its own text, then the executor input."""
    given = {"outputs": {"outputFile": str(folder / "train" / "executor_output.json")}}
    (folder / "train").mkdir()
    file = folder / "ephemeral_component.py"
    file.write_text(code)
    settings = {"python": "", "path": "specs/train.py", "line": 30, "head": 1}
    return subprocess.run(
        [
            *(sys.executable, "-m", "exai_components.own_code", json.dumps(settings)),
            *(sys.executable, str(file), "--executor_input", json.dumps(given)),
        ],
        capture_output=True,
        text=True,
        check=False,
        env=None if env is None else {"PYTHONPATH": ":".join(sys.path), **env},
    )


def test_a_failure_is_told_with_its_place_and_may_be_retried(tmp_path: Path) -> None:
    done = run(tmp_path, "def f():\n    raise KeyError('petal')\nf()\n")
    assert done.returncode == 1
    told = json.loads((tmp_path / "train" / "exai-outcome.json").read_text())
    assert told["message"] == "KeyError: 'petal'"
    assert told["hint"] == "specs/train.py:31 raised it"
    assert told["final"] is False
    assert 'File "specs/train.py", line 31, in f' in done.stderr


def test_a_step_sees_its_own_secrets_and_no_message_holds_one(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "assert 'EXAI_STEP_ENV__other__TOKEN' not in os.environ\n"
        "raise ValueError(os.environ['TOKEN'])\n"
    )
    secrets = {"EXAI_STEP_ENV__train__TOKEN": "s3cret-word", "EXAI_STEP_ENV__other__TOKEN": "no"}
    run(tmp_path, code, secrets)
    told = (tmp_path / "train" / "exai-outcome.json").read_text()
    assert "s3cret-word" not in told
    assert "ValueError: ***" in told


@pytest.mark.parametrize("code", ["raise SystemExit(3)\n", "import os\nos._exit(3)\n"])
def test_an_end_without_an_exception_says_its_code(tmp_path: Path, code: str) -> None:
    assert run(tmp_path, code).returncode == 3
    told = json.loads((tmp_path / "train" / "exai-outcome.json").read_text())
    assert told["message"] == "the process ended with code 3"


def test_a_password_of_a_connection_is_no_business_of_a_users_step(tmp_path: Path) -> None:
    code = (
        "import json, os\n"
        "assert not [name for name in os.environ if 'PASSWORD' in name or 'REDACT' in name]\n"
        "assert json.loads(os.environ['EXAI_CONNECTION_PG'])\n"
        "assert os.environ['TOKEN'] == 's3cret-word'\n"
    )
    secrets = {
        "EXAI_CONNECTION_PG": '{"postgresql": {"host": "h"}}',
        "EXAI_CONNECTION_PG_PASSWORD": "another-word",
        "EXAI_STEP_ENV__train__TOKEN": "s3cret-word",
        "EXAI_REDACT": "EXAI_CONNECTION_PG_PASSWORD,EXAI_STEP_ENV__train__TOKEN",
    }
    done = run(tmp_path, code, secrets)
    assert done.returncode == 0, done.stderr


def failed(folder: Path, code: str) -> dict[str, Any]:
    run(folder, code)
    return dict(json.loads((folder / "train" / "exai-outcome.json").read_text()))


def test_an_outcome_has_the_traceback_and_the_place(tmp_path: Path) -> None:
    told = failed(tmp_path, "def f():\n    import json\n    json.loads('{')\n\nf()\n")
    assert told["place"] == "specs/train.py:32"
    assert told["trace"][1] == '  File "specs/train.py", line 34, in <module>'
    assert told["trace"][3] == '  File "specs/train.py", line 32, in f'
    assert told["trace"][-1] == told["message"]
    assert any("json/decoder.py" in line for line in told["trace"])


def test_the_tracebacks_of_one_exception_stay_together(tmp_path: Path) -> None:
    code = (
        "def f():\n    try:\n        {}['a']\n    except KeyError as e:\n"
        "        raise ValueError('first line\\nsecond line') from e\n\nf()\n"
    )
    told = failed(tmp_path, code)
    assert told["message"] == "ValueError: first line"
    assert [line for line in told["trace"] if not line.startswith(" ")] == [
        "Traceback (most recent call last):",
        "KeyError: 'a'",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "Traceback (most recent call last):",
        "ValueError: first line",
    ]


def test_what_the_libraries_say_among_themselves_is_left_to_the_log(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "sys.excepthook = lambda *_: sys.stderr.write('Traceback (most recent call last):\\n"
        '  File "/lib/kfp/executor.py", line 5, in execute\\n    x\\n'
        "ValueError: returned text, want int\\n')\n"
        "raise OSError\n"
    )
    told = failed(tmp_path, code)
    assert told["trace"] == ["ValueError: returned text, want int"]
    assert "place" not in told


def test_an_endless_recursion_is_shown_by_its_beginning_and_its_end(tmp_path: Path) -> None:
    names = "".join(f"def f{n}(): f{n + 1}()\n" for n in range(200))
    told = failed(tmp_path, names + "def f200(): raise OSError('deep')\nf0()\n")
    assert len(told["trace"]) == 61
    assert told["trace"][30].endswith("more lines ...")
    assert told["trace"][-1] == "OSError: deep"


def test_a_module_that_isnt_there_says_where_to_name_it(tmp_path: Path) -> None:
    told = failed(tmp_path, "import notinstalledhere\n")
    assert told["message"] == "ModuleNotFoundError: No module named 'notinstalledhere'"
    assert "pip.packages" in told["hint"]


def test_a_kill_by_the_system_says_so(tmp_path: Path) -> None:
    told = failed(tmp_path, "import os\nos.kill(os.getpid(), 9)\n")
    assert told["message"] == "the process was ended by SIGKILL"
    assert "memory" in told["hint"]


def test_whole_numbers_in_lists_and_structs_are_what_a_cluster_gives(tmp_path: Path) -> None:
    given = {
        "inputs": {"parameterValues": {"a": [10.0, 2.5, {"b": [3.0]}], "c": 1.0, "d": "1.0"}},
        "outputs": {"outputFile": str(tmp_path / "train" / "executor_output.json")},
    }
    settings = {"python": "", "path": "specs/train.py", "line": 30, "head": 1}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "exai_components.own_code", json.dumps(settings)),
            *(sys.executable, "-c", "import sys; print(sys.argv[2])"),
            *("--executor_input", json.dumps(given)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(done.stdout)["inputs"]["parameterValues"]
    assert repr(seen) == "{'a': [10, 2.5, {'b': [3]}], 'c': 1.0, 'd': '1.0'}"
