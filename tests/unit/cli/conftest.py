"""A command line with a session of our choosing: under test are words, questions, exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import exai_runtime
from exai_runtime.cli import main


@dataclass
class Session:
    """`calls` holds what the commands asked for; `give` says what a function returns."""

    module: ModuleType
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def give(self, name: str, result: object) -> None:
        def function(*arguments: object) -> object:
            self.calls.append((name, *arguments))
            if isinstance(result, BaseException):
                raise result
            return result(*arguments) if callable(result) else result

        setattr(self.module, name, function)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    module = ModuleType("exai_runtime.session")
    for name in ("session", "validating"):
        monkeypatch.setitem(sys.modules, f"exai_runtime.{name}", module)
        monkeypatch.setattr(exai_runtime, name, module, raising=False)
    return Session(module)


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def exai(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    def run(*words: str) -> Done:
        code = main.run(words)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an exai.yaml, and the working directory in a folder below it."""
    root = tmp_path / "größe python3"
    (root / "specs").mkdir(parents=True)
    (root / "exai.yaml").write_text("kind: Project\n", "utf-8")
    monkeypatch.chdir(root / "specs")
    return root
