"""Imports that a step can do without: only while asked, only what is named."""

import gc
import importlib
import sys
from pathlib import Path

import pytest

from exai_components.light_imports import without


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"exai_made_up_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text("import sys\nsys.ran = True\nvalue = 3\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "ran", False, raising=False)
    return name


def test_an_absent_package_is_back_afterwards(package: str) -> None:
    with without(absent=(package,)), pytest.raises(ModuleNotFoundError, match=package):
        importlib.import_module(package)
    assert importlib.import_module(package).value == 3


def test_a_postponed_module_runs_at_first_use(package: str) -> None:
    with without(postponed=(package,)):
        module = importlib.import_module(package)
    assert not sys.ran  # type: ignore[attr-defined]
    assert module.value == 3
    assert sys.ran  # type: ignore[attr-defined]


def test_what_is_imported_already_stays(package: str) -> None:
    module = importlib.import_module(package)
    with without(absent=(package,)):
        assert importlib.import_module(package) is module


def test_nothing_is_left_behind() -> None:
    before = list(sys.meta_path)
    with pytest.raises(ZeroDivisionError), without(absent=("x",)):
        assert not gc.isenabled()
        raise ZeroDivisionError
    assert sys.meta_path == before
    assert gc.isenabled()
