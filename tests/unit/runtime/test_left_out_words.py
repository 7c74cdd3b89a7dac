"""A word that is none hides nothing that is wrong beside it, whichever was meant."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exai_runtime.validating import validate

ROOT = Path(__file__).parents[2] / "invalid/checks/feature-default"


@pytest.mark.parametrize(
    ("word", "code"),
    [("none", "invalid-value"), ("[none, all]", "wrong-type"), ("null", "wrong-type")],
)
def test_defaults_are_judged_beside_it(tmp_path: Path, word: str, code: str) -> None:
    """But for those that are missing, which the word decides."""
    shutil.copytree(ROOT, tmp_path / "p")
    file = tmp_path / "p/exai.yaml"
    text = file.read_text()
    assert text.count("onMissing: default") == 1
    before = _told(tmp_path / "p")
    file.write_text(text.replace("onMissing: default", f"onMissing: {word}"))

    missing, *others = before
    assert missing[2].startswith("no default for `petal_ratio`")
    assert [said for said in _told(tmp_path / "p") if said[0] != code] == others
    assert [said[0] for said in _told(tmp_path / "p")].count(code) == 1


def _told(root: Path) -> list[tuple[str, str, str]]:
    found = validate(root).diagnostics
    told = [(each.code, str(each.at), each.message) for each in found if each.severity == "error"]
    return [said for said in told if said[0] != "missing-file"]
