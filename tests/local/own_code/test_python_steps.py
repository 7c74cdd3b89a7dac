"""Users' functions under KFP's own runner: what they are given, what they give, how they fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from exai_runtime.results import Applied
from exai_runtime.session import apply, destroy

pytestmark = pytest.mark.slow

SPECS = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  environments:
    local:
      target: local
      connections:
        pg: {postgresql: {host: h, database: d, user: u, password: {secret: db, key: p}}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: line}
spec:
  parameters: {n: {type: integer, default: 3}}
  steps:
    first:
      python: code/steps.py:first
      env: {TOKEN: {secret: mine, key: token}}
      with: {layers: [10, 2.5], how: {depth: 3}, n: "${{ parameters.n }}"}
    second:
      python: code/steps.py:second
      retry: {max: 1}
      with: {table: "${{ steps.first.table }}", name: "${{ steps.first.name }}"}
"""
STEPS = '''"""Ünï, and what isn't embedded."""
from kfp.dsl import Dataset, Input, Output

LIMIT = 1


@dsl.component
def first(
    table: Output[Dataset], layers: List[float], how: dict, n: int, late: int | None = None
) -> NamedTuple("Outputs", [("name", str), ("rows", int)]):
    import json
    import os

    secrets = sorted(name for name in os.environ if "PASSWORD" in name or "STEP_ENV" in name)
    with open(table.path, "w") as file:
        json.dump([layers, how, n, late, secrets, len(os.environ["TOKEN"])], file)
    return ("ü'\\"", len(list(range(how["depth"]))))


def second(table: Input[Dataset], name: str) -> None:
    import os
    import pathlib

    def inner():
        raise ValueError(f"bad {name}\\nsecond line")

    count = pathlib.Path(os.environ["EXAI_DATA_ROOT"], "count")
    count.write_text(count.read_text() + "x" if count.exists() else "x")
    inner()
'''


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "a python3 'project'"
    (folder / "code").mkdir(parents=True)
    (folder / "exai.yaml").write_text(SPECS)
    (folder / "code" / "steps.py").write_text(STEPS)
    for secret, key, value in (("db", "p", "passw0rd-word"), ("mine", "token", "t0ken-word")):
        (folder / ".exai" / "secrets" / secret).mkdir(parents=True)
        (folder / ".exai" / "secrets" / secret / key).write_text(value)
    yield folder
    destroy(folder, "local", True, lambda _: True, lambda _: None)


def applied(root: Path) -> Applied:
    return apply(root, "local", lambda _: True, lambda _: None)


def test_functions_get_give_and_fail_as_they_say(root: Path) -> None:
    failed = next(o for o in applied(root).outcomes if o.result == "failed")
    (table,) = root.glob(".exai/local/runs/*/work/*/first/table")
    assert json.loads(table.read_text()) == [[10, 2.5], {"depth": 3}, 3, None, [], 10]

    assert failed.detail == "step second: ValueError: bad ü'\""
    line = STEPS.split("\n").index('        raise ValueError(f"bad {name}\\nsecond line")') + 1
    assert str(failed.at) == f"code/steps.py:{line}:1"
    assert failed.tail[:2] == (
        "Traceback (most recent call last):",
        f'  File "code/steps.py", line {line + 4}, in second',
    )
    assert failed.tail[-1] == "ValueError: bad ü'\""
    assert "kfp" not in "\n".join(failed.tail)
    assert (root / "count").read_text() == "xx", "it was tried again"
    assert "t0ken-word" not in "".join(p.read_text() for p in root.glob(".exai/local/runs/*/*.*"))

    (root / "code" / "steps.py").write_text(STEPS.replace("    inner()\n", "    print('well')\n"))
    assert applied(root).exit_code == 0


def test_a_value_of_another_type_than_the_annotation_says(root: Path) -> None:
    text = STEPS.replace('return ("ü\'\\"", len', "return (5, len")
    assert text != STEPS
    (root / "code" / "steps.py").write_text(text)
    failed = next(o for o in applied(root).outcomes if o.result == "failed")
    assert "returned value of type" in failed.detail
    assert len(failed.tail) == 1, "nothing of KFP's own insides"
    assert str(failed.at).startswith("exai.yaml:"), "no line of the user's own is at fault"
