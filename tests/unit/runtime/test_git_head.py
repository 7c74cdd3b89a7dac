"""Where HEAD points, from files alone; each form is checked against git itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from exai_runtime import git_commands
from exai_runtime.git_commands import RevisionError
from exai_runtime.git_head import Head, head

WHO = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env={**os.environ, **WHO},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "ein Projekt"
    (folder / "specs").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "feature/größe")
    git(folder, "commit", "-q", "--allow-empty", "-m", "one")
    return folder


def test_a_branch_seen_from_a_folder_below(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    assert head(repository / "specs") == Head(commit, "feature/größe")


def test_packed_references(repository: Path) -> None:
    git(repository, "tag", "-a", "v1", "-m", "one")  # a peeled line follows it in packed-refs
    git(repository, "pack-refs", "--all")
    assert not (repository / ".git/refs/heads/feature").exists()
    assert head(repository) == Head(git(repository, "rev-parse", "HEAD"), "feature/größe")


def test_a_detached_head(repository: Path) -> None:
    git(repository, "checkout", "-q", "--detach")
    assert head(repository) == Head(git(repository, "rev-parse", "HEAD"))


def test_a_worktree_has_a_head_of_its_own(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(repository, "worktree", "add", "-q", "-b", "elsewhere", str(other))
    git(other, "commit", "-q", "--allow-empty", "-m", "two")
    found = head(other)
    assert found == Head(git(other, "rev-parse", "HEAD"), "elsewhere")
    assert found != head(repository)
    git(repository, "pack-refs", "--all")
    assert head(other) == found


def test_nothing_to_tell(tmp_path: Path) -> None:
    assert head(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert head(tmp_path) is None, "no commit yet"


@pytest.mark.parametrize(
    "text",
    [
        "ref: ../../secret",
        "ref: refs/heads/../../../secret",
        "ref: /etc/passwd",
        "ref: refs/heads/main",  # which refers to itself
        "x" * 5000,
        "",
        "0123",
    ],
)
def test_hostile_files_tell_nothing(tmp_path: Path, text: str) -> None:
    refs = tmp_path / ".git/refs/heads"
    refs.mkdir(parents=True)
    (tmp_path / "secret").write_text("a" * 40)
    (refs / "main").write_text("ref: refs/heads/main\n")
    (tmp_path / ".git/HEAD").write_text(text)
    assert head(tmp_path) is None


def test_no_program_is_run(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it ran a program")

    for name in ("Popen", "run", "check_output"):
        monkeypatch.setattr(subprocess, name, refuse)
    assert head(repository) is not None


def test_a_git_that_doesnt_answer_is_told_without_its_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec sleep 5\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(git_commands, "_SECONDS", 0.2)
    with pytest.raises(RevisionError) as told:
        git_commands.ask(tmp_path, "status")
    assert told.value.diagnostic.message == "git doesn't answer within 0.2 s"
