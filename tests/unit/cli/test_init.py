"""New projects: what they hold, and that nothing is ever overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from exai_runtime.scaffold import suggested_name

Run = Callable[..., Any]
EXAMPLE = Path(__file__).parents[3] / "examples" / "iris"


def name_in(folder: Path) -> str:
    document = yaml.safe_load((folder / "exai.yaml").read_text("utf-8"))
    return str(document["metadata"]["name"])


def test_iris_is_the_example(exai: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = exai("init", "my flowers")
    assert done.code == 0
    assert "cd 'my flowers'" in done.out
    folder = tmp_path / "my flowers"
    assert name_in(folder) == "my-flowers"
    assert not (folder / "data").exists()
    for spec in sorted(path.name for path in (EXAMPLE / "specs").iterdir()):
        made = (folder / "specs" / spec).read_text("utf-8").split("\n", 1)
        origin = (EXAMPLE / "specs" / spec).read_text("utf-8").split("\n", 1)
        assert made[-1].strip() in origin[-1]
        assert made[0] == "# yaml-language-server: $schema=../exai.schema.json"


def test_empty(exai: Run, tmp_path: Path) -> None:
    done = exai(
        "init", "--template", "empty", "--name", "churn", "-C", str(tmp_path), "--output", "json"
    )
    assert json.loads(done.out)["result"]["files"] == [
        *("exai.schema.json", "exai.yaml", "specs/.gitkeep")
    ]
    assert name_in(tmp_path) == "churn"


def test_nothing_is_overwritten(exai: Run, tmp_path: Path) -> None:
    (tmp_path / "exai.yaml").write_text("mine", "utf-8")
    done = exai("init", str(tmp_path))
    assert done.code == 1
    assert "error[file-exists]" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["exai.yaml"]
    assert (tmp_path / "exai.yaml").read_text("utf-8") == "mine"


def test_a_bad_name_is_refused_with_a_good_one(exai: Run, tmp_path: Path) -> None:
    done = exai("init", str(tmp_path / "x"), "--name", "My_Project")
    assert done.code == 1
    assert "--name my-project" in done.err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("folder", "name"),
    [("Iris 2", "iris-2"), ("2026-churn", "churn"), ("größe", "gr-e"), ("___", "my-project")],
)
def test_suggested_names(folder: str, name: str) -> None:
    assert suggested_name(Path("/somewhere") / folder) == name
