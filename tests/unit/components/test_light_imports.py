"""Imports that a step can do without: only while asked, only what is named."""

import gc
import importlib
import sys
from pathlib import Path

import pytest

from exai_components.light_imports import standing_in, without


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"exai_made_up_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(
        "import sys\nsys.ran = True\nvalue = 3\ndef double(x, *, plus=0): return 2 * x + plus\n"
    )
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


def test_a_module_is_stood_in_for_until_it_is_used(package: str) -> None:
    with standing_in({package: ("double",)}):
        stand_in = importlib.import_module(package)
        double = stand_in.double
        assert not hasattr(stand_in, "__path__")
    assert package not in sys.modules
    assert not sys.ran  # type: ignore[attr-defined]
    assert double(4, plus=1) == 9
    assert sys.ran  # type: ignore[attr-defined]
    assert stand_in.value == 3
    assert importlib.import_module(package) is not stand_in


def test_whoever_uses_it_meanwhile_gets_the_real_one(package: str) -> None:
    with standing_in({package: ()}):
        assert importlib.import_module(package).value == 3
        real = importlib.import_module(package)
        assert real.__file__ is not None
    assert sys.modules[package] is real
    with standing_in({package: ("double",)}):
        assert importlib.import_module(package) is real


def test_a_module_inside_of_one_that_is_stood_in_for(package: str, tmp_path: Path) -> None:
    outer = f"{package}_outer"
    (tmp_path / outer).mkdir()
    (tmp_path / outer / "__init__.py").write_text("whole = True\n")
    (tmp_path / outer / "inner.py").write_text("number = 4\n")
    with standing_in({outer: (), f"{outer}.inner": ()}):
        inner = importlib.import_module(outer).inner
    assert outer not in sys.modules
    assert inner.number == 4
    assert importlib.import_module(outer).whole


def test_a_module_that_a_package_calls_otherwise(package: str, tmp_path: Path) -> None:
    outer = f"{package}_alias"
    (tmp_path / f"{outer}.py").write_text(f"import {package} as inner\n")
    with standing_in({outer: (), f"{outer}.inner": ()}):
        inner = importlib.import_module(outer).inner
    assert inner.value == 3
