"""Laws of checking again: whatever changed, the outcome is that of a whole check."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exai_runtime import rechecking
from exai_runtime.folder import COMPONENT
from exai_runtime.packs import no_cache
from exai_runtime.rechecking import Outcome, recheck

TESTS = Path(__file__).parents[1]
EXAMPLES = TESTS.parent / "examples"
INVALID = sorted(path for path in (TESTS / "invalid/checks").iterdir() if path.is_dir())


def _both(project: Path) -> tuple[Outcome, Outcome]:
    """What a check finds again, and what a whole one finds."""
    again = recheck(project)
    with no_cache():
        return again, recheck(project)


def _agree(project: Path) -> Outcome:
    again, whole = _both(project)
    assert again.diagnostics == whole.diagnostics
    assert dict(again.counts) == dict(whole.counts)
    assert again.project == whole.project
    for each in again.diagnostics:
        assert again.sources.get(each.at.path) == whole.sources.get(each.at.path)
    return again


def _split(project: Path) -> list[Path]:
    """Every document but the Project in a file of its own; those files."""
    found: list[Path] = []
    root = project / "exai.yaml"
    for file in sorted(project.rglob("*.y*ml")):
        if file.name == COMPONENT:
            continue
        parts = re.split(r"^---\n", file.read_text("utf-8"), flags=re.MULTILINE)
        file.unlink()
        for number, part in enumerate(parts):
            document = yaml.safe_load(part)
            if (
                file == root
                and document
                and document.get("kind") == "Project"
                and not root.exists()
            ):
                document["spec"] = {**(document.get("spec") or {}), "specs": ["."]}
                root.write_text(yaml.safe_dump(document, sort_keys=False))
            elif document:
                found.append(file.with_name(f"{file.stem}_{number}.yaml"))
                found[-1].write_text(part, "utf-8")
    return found


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(rechecking, "FEW", 0)
    return tmp_path


@pytest.mark.parametrize("folder", INVALID, ids=lambda path: path.name)
def test_a_document_that_comes_is_judged_with_all_that_it_matters_to(
    folder: Path, cached: Path
) -> None:
    """Every rule's example, without the document that it speaks of, and with it again."""
    project = cached / "project"
    shutil.copytree(folder, project)
    files = _split(project)
    whole = _agree(project)
    told = {each.at.path for each in whole.diagnostics}
    here = [file for file in files if file.relative_to(project).as_posix() in told]
    for file in here[:1] or files[:1]:
        text = file.read_bytes()
        file.unlink()
        recheck(project)
        file.write_bytes(text)
        assert recheck(project).diagnostics == whole.diagnostics


NAMES = (
    "iris",
    "diabetes",
    "iris_model",
    "patients",
    "champion",
    "train",
    "species",
    "port",
    "8080",
)
Edit = tuple[str, int, str]


def _edited(project: Path, edit: Edit) -> None:
    """One change of one file, as people make them and worse."""
    what, number, name = edit
    files = sorted(project.rglob("*.yaml"))
    file = files[number % len(files)]
    text = file.read_text("utf-8")
    words = list(re.finditer(r"[\w-]+", text))
    word = words[number * 7 % len(words)] if words else None
    match what:
        case "rename" if word is not None:
            file.write_text(text[: word.start()] + name + text[word.end() :])
        case "everywhere" if word is not None:
            for each in files:
                each.write_text(re.sub(rf"\b{word[0]}\b", name, each.read_text("utf-8")))
        case "copy" if file.name != "exai.yaml":
            copied = re.sub(r"name: [\w-]+", f"name: {name}-{number % 3}", text, count=1)
            file.with_name(f"copy_{number % 3}.yaml").write_text(copied)
        case "remove" if file.name != "exai.yaml":
            file.unlink()
        case "touch":
            file.write_text(text)
        case "again":
            shutil.copytree(EXAMPLES / "diabetes", project, dirs_exist_ok=True)


EDITS = st.tuples(
    st.sampled_from(("rename", "rename", "everywhere", "copy", "remove", "touch", "again")),
    st.integers(0, 500),
    st.sampled_from(NAMES),
)


@given(st.lists(EDITS, min_size=1, max_size=6))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_edits_leave_it_right(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, edits: list[Edit]
) -> None:
    folder = tmp_path_factory.mktemp("edited")
    project = folder / "project"
    shutil.copytree(EXAMPLES / "diabetes", project)
    monkeypatch.setenv("EXAI_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setattr(rechecking, "FEW", 0)
    recheck(project)
    for edit in edits:
        _edited(project, edit)
        _agree(project)


def test_a_file_with_the_stamp_of_another_content_is_read(cached: Path) -> None:
    """The same size and times: the time of the last change of its status is nobody's to set."""
    project = cached / "project"
    shutil.copytree(EXAMPLES / "iris", project)
    file = next(iter(sorted(project.glob("specs/*.yaml"))))
    recheck(project)
    before, text = file.stat(), file.read_text()
    file.write_text(text.replace("kind", "kine", 1))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert _agree(project).diagnostics != ()
