"""`exai destroy` where there is nothing: nobody is asked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exai_runtime.cli import main

EXAMPLE = Path(__file__).parents[3] / "examples/iris"


@pytest.fixture
def iris(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "iris"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".exai", "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize("words", [[], ["--purge"]])
def test_nothing_to_destroy(
    iris: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main.run(["destroy", *words]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Nothing to destroy. local holds nothing of this project.")
    assert "0 objects" not in err and "needs-approval" not in err
    assert not (iris / ".exai").exists()


def test_runs_and_models_are_asked_about(iris: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (iris / ".exai/local/runs/aa11").mkdir(parents=True)
    assert main.run(["destroy"]) == 0
    assert main.run(["destroy", "--purge"]) == 1
    said = capsys.readouterr().err
    assert "All models of environment local, its runs and its registry will be deleted." in said
    assert main.run(["destroy", "--purge", "--yes"]) == 0
    assert not (iris / ".exai/local").exists()
