"""What a trial is given: values as Katib writes them, in their places."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from exai_compiler.tuning.trial import given
from exai_components.trial import filled, typed
from exai_specs.frozen import freeze, thaw

TOLD: dict[str, Any] = {
    "component": "",
    "datasets": {},
    "file": "code.py",
    "function": "score",
    "inputs": {"rate": {"$trial": "rate"}, "note": {"$text": ["at ", {"$trial": "rate"}]}},
    "line": 1,
    "metric": "accuracy",
    "outputs": {"Output": "double"},
    "parameters": {"rate": {"type": "double", "value": "0.25"}},
}
HEAD = "from typing import NamedTuple\n"
SCORE = (
    "def score(rate: float, note: str) -> float:\n    print(note, end='')\n    return rate * 2\n"
)


def run(told: dict[str, Any], program: str) -> subprocess.CompletedProcess[str]:
    environment = {"EXAI_TRIAL": json.dumps(told), "EXAI_TRIAL_PROGRAM": HEAD + program}
    return subprocess.run(
        [sys.executable, "-m", "exai_components.trial"],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("integer", "3", 3),
        ("integer", "3.0", 3),
        ("double", "0.001", 0.001),
        ("double", "2", 2.0),
        ("string", "3", "3"),
    ],
)
def test_a_value_has_its_parameters_type(type_: str, value: str, expected: object) -> None:
    found = typed({"type": type_, "value": value})
    assert found == expected and type(found) is type(expected)


def test_parameters_stand_anywhere_in_a_value() -> None:
    value = {"a": [1, {"$trial": "x"}], "b": {"$text": ["x is ", {"$trial": "x"}]}, "c": None}
    assert filled(value, {"x": 2}) == {"a": [1, 2], "b": "x is 2", "c": None}
    assert filled({"$trial": "x", "more": 1}, {}) == {"$trial": "x", "more": 1}


@pytest.mark.parametrize("mark", ["$trial", "$text", "$mapping"])
def test_a_mapping_of_the_users_that_looks_like_a_parameter_is_one_of_theirs(mark: str) -> None:
    theirs = {"a": {mark: "lr"}, "b": [{mark: {mark: "x"}}]}
    assert filled(thaw(freeze(given(freeze(theirs)))), {"lr": 0.1}) == theirs


def test_what_a_function_returns_is_the_metric() -> None:
    done = run(TOLD, SCORE)
    assert (done.returncode, done.stdout) == (0, "at 0.25\naccuracy=0.5\n"), done.stderr


def test_a_trial_without_its_metric_fails_in_one_line() -> None:
    done = run({**TOLD, "outputs": {"Output": "string"}}, SCORE.replace("float:", "str:"))
    assert done.returncode == 1
    done = run(TOLD, SCORE.replace("rate * 2", "float('nan')"))
    assert (done.returncode, done.stdout) == (1, "at 0.25")
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith('exai: The trial says no "accuracy": it made no number at all.')


def test_a_function_that_fails_shows_its_traceback() -> None:
    done = run(TOLD, SCORE.replace("return rate * 2", "raise ValueError('too steep')"))
    assert done.returncode == 1
    assert 'File "code.py", line 3, in score\n    raise ValueError(' in done.stderr
    assert done.stderr.endswith("exai: ValueError: too steep. See the trial's log [unexpected]\n")


def test_without_anything_to_do_it_says_so() -> None:
    done = run(TOLD, "")
    assert done.returncode == 1
    done = subprocess.run(
        [sys.executable, "-m", "exai_components.trial"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
