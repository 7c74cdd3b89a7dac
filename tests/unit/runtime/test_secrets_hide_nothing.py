"""A secret is one error, and what else is wrong with its document is told beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exai_runtime.validating import validate

ROOT = Path(__file__).parents[3]
TOKEN = "ghp_" + "a1" * 18


def told(root: Path, file: str, edits: dict[str, str]) -> list[tuple[str, str]]:
    there = root / "project"
    shutil.copytree(ROOT / "examples/iris", there, ignore=shutil.ignore_patterns(".exai"))
    text = (there / file).read_text("utf-8")
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new)
    (there / file).write_text(text, "utf-8")
    found = [each for each in validate(there).diagnostics if each.severity != "note"]
    found = [each for each in found if not each.code.startswith("unused")]
    assert all(TOKEN not in repr(each) and "hunter2" not in repr(each) for each in found)
    return [(each.code, text.splitlines()[each.at.line - 1].strip()[:12]) for each in found]


def test_a_secret_hides_no_other_credential_and_no_other_error(tmp_path: Path) -> None:
    env = f"      env:\n        GH: {TOKEN}\n        DB_PASSWORD: hunter2x\n      retry"
    edits = {"      retry": env, "uses: evaluate-model": "uses: evaluate-modell"}
    assert told(tmp_path, "specs/pipeline.yaml", edits) == [
        ("secret-in-spec", f"GH: {TOKEN}"[:12]),
        ("credential-in-env", "DB_PASSWORD:"),
        ("unknown-component", "uses: evalua"),
    ]


@pytest.mark.parametrize(
    "field", ["dataset: iris", "dataset: iris\n        data: ${{ steps.load.data }}"]
)
def test_of_a_secret_s_own_place_nothing_else_is_said(tmp_path: Path, field: str) -> None:
    edits = {field: field.replace("iris", TOKEN)}
    assert {code for code, _ in told(tmp_path, "specs/pipeline.yaml", edits)} == {"secret-in-spec"}


def test_a_secret_in_the_project_hides_none_of_its_documents(tmp_path: Path) -> None:
    path = "postgresql://a:hunter2@db/ml"
    edits = {"data/iris.db": path, "specs: [specs/]": "specs: [specs/]\n  zzz: 1"}
    assert told(tmp_path, "exai.yaml", edits) == [
        ("unknown-field", "zzz: 1"),
        ("secret-in-spec", "local: {targ"),
    ]
