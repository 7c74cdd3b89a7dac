"""`exai graph`: files, parts, the time of events, what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from exai_runtime.cli import main

EXAMPLE = Path(__file__).parents[3] / "examples/diabetes"


@pytest.fixture(autouse=True)
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tmp_path / "clinic"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".exai", "data"))
    monkeypatch.chdir(root)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    yield root
    assert not (root / ".exai").exists(), "a graph leaves nothing behind"


def graph(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main.run(["graph", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.mark.parametrize("form", ["mermaid", "dot", "json", "openlineage", "html"])
def test_a_file_has_what_stdout_would(
    clinic: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    words = ("--format", form, "--time", "2026-11-26T09:00:00+01:00")
    code, out, err = graph(capsys, *words)
    assert (code, err) == (0, "")
    file = clinic / "graph.out"
    code, said, err = graph(capsys, *words, "-o", str(file))
    assert (code, err) == (0, "")
    assert said == f"wrote {file}: 17 documents and steps, 22 edges\n"
    written = file.read_text("utf-8")
    assert written.replace('"base":""', '"base":null') == out
    assert [path.name for path in clinic.glob(".graph*")] == []


def test_mermaid_is_the_default_and_roots_limit_it(capsys: pytest.CaptureFixture[str]) -> None:
    _, whole, _ = graph(capsys)
    assert whole.startswith("flowchart LR\n")
    _, part, _ = graph(capsys, "Entity/patient", "featureview/body")
    assert set(part.splitlines()) < set(whole.splitlines())
    _, columns, _ = graph(capsys, "--columns")
    assert "tc_to_hdl" in columns and "tc_to_hdl" not in whole


def test_a_page_knows_the_way_to_the_specs(
    clinic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (clinic / "public/a").mkdir(parents=True)
    for place, base in (("x.html", ""), ("public/a/x.html", "../../"), ("../x.html", "clinic/")):
        assert graph(capsys, "--format", "html", "-o", place)[0] == 0
        assert f'"base":"{base}"' in (clinic / place).read_text()


def test_json_output_says_where_the_text_is(
    clinic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = graph(capsys, "--output", "json")
    found = json.loads(out)["result"]
    assert found["file"] is None and found["text"].startswith("flowchart LR\n")
    _, out, _ = graph(capsys, "--output", "json", "-o", "x.md")
    found = json.loads(out)["result"]
    assert (found["file"], found["text"]) == ("x.md", None)
    assert (clinic / "x.md").exists()


def test_events_bear_the_time_of_the_last_commit(
    clinic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = graph(capsys, "--format", "openlineage")
    assert code == 0 and "note[time-of-commit]" in err and "no commit was found" in err
    assert {json.loads(line)["eventTime"] for line in out.splitlines()} == {"1970-01-01T00:00:00Z"}
    author = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    for words in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "x"]):
        env = {"GIT_COMMITTER_DATE": "1795161600 +0300", "PATH": "/usr/bin:/bin"}
        subprocess.run(["git", *words], check=True, cwd=clinic, env=env)
    _, out, err = graph(capsys, "--format", "openlineage")
    assert {json.loads(line)["eventTime"] for line in out.splitlines()} == {"2026-11-20T08:00:00Z"}
    assert "commit " in err


def test_what_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = graph(capsys, "Model/diabetes_modle")
    assert (code, out) == (1, "") and 'did you mean "Model/diabetes_model"?' in err
    for far in ("Model/x", "Pipeline/zzz"):  # alike by their kinds alone
        err = graph(capsys, far)[2]
        assert "did you mean" not in err and "known here: " in err
    assert 'did you mean "Model/diabetes_model"?' in graph(capsys, "Modle/diabetes_modl")[2]
    assert "unknown-node" in graph(capsys, "Dataset/blood:tc")[2]
    for time in ("yesterday", "2026-11-26", "2026-11-26T09:00:00", "2026-13-26T09:00:00Z"):
        code, out, err = graph(capsys, "--format", "openlineage", "--time", time)
        assert (code, out) == (1, "") and "error[bad-time]" in err
    code, _, err = graph(capsys, "-o", "no/such/folder/x.md")
    assert code == 1 and "error[no-access]" in err
    assert graph(capsys, "--format", "png")[0] == 2
