"""Reading a user's function: what becomes its interface and its meaning, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exai_compiler.catalog import Catalog
from exai_compiler.python_code import (
    Function,
    Problem,
    function_of,
    python_component,
    read_function,
)
from exai_specs.kinds import Pip
from exai_specs.kinds.step import Step

TEXT = '''"""Steps."""

from kfp.dsl import Dataset, Input, Output


def keep(data: Input[Dataset], out: Output[Dataset], rows: int = 5) -> int:
    """Keep the first rows."""
    import shutil

    shutil.copy(data.path, out.path)
    return rows
'''


def function(text: str = TEXT, name: str = "keep") -> Function:
    found = read_function(text, name)
    assert isinstance(found, Function), found
    return found


def version(text: str, pip: Pip | None = None) -> str:
    step = Step(python="steps.py:keep", pip=pip)
    component = python_component("exai.yaml", step, Catalog({}, {"steps.py": text}))
    assert component is not None
    return component.version


def test_an_interface() -> None:
    found = function()
    assert {name: (port.type, port.optional) for name, port in found.inputs.items()} == {
        "data": ("Dataset", False),
        "rows": ("integer", True),
    }
    assert {name: port.type for name, port in found.outputs.items()} == {
        "out": "Dataset",
        "Output": "integer",
    }
    assert found.description == "Keep the first rows."
    assert found.line == 6


@pytest.mark.parametrize(
    ("document", "written", "path"),
    [
        ("exai.yaml", "a.py:f", "a.py"),
        ("specs/p.yaml", "a.py:f", "specs/a.py"),
        ("specs/deep/p.yaml", "../a.py:f", "specs/a.py"),
        ("specs/p.yaml", "../../a.py:f", "../a.py"),
    ],
)
def test_a_path_is_relative_to_its_document(document: str, written: str, path: str) -> None:
    assert function_of(document, written) == (path, "f")


def test_what_stands_around_a_function_has_no_meaning_and_what_is_in_it_has() -> None:
    assert version(TEXT) == version(TEXT.replace("Steps.", "Other words.\n\n"))
    assert version(TEXT) == version(TEXT.replace("Keep the first rows.", "Keep some of them."))
    assert version(TEXT) == version(TEXT.replace("    return rows\n", "    return (rows)  # all\n"))
    assert version(TEXT) != version(TEXT.replace("rows: int = 5", "rows: int = 6"))
    assert version(TEXT) != version(TEXT, Pip(packages=("humanize==4.12.0",)))
    assert version(TEXT) == version(TEXT, Pip(index_urls=("https://example.com",)))


def test_names_of_its_own_are_its_own() -> None:
    text = """
def keep(rows: list, names: "List[str]") -> list:
    from math import pi

    def inner(x: float) -> float:
        nonlocal_ = [y for y in rows if y > x]
        return sum(nonlocal_) * pi

    try:
        found = inner(1.0)
    except ValueError as error:
        found = str(error)
    return [found, *names, keep.__name__]
"""
    assert function(text).problems == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("def f(:", "python-syntax"),
        ("x = 1", "unknown-function"),
        ("def keep(a): ...", "unreadable-annotation"),
        ("def keep(a: int = b): ...", "unreadable-annotation"),
        ("def keep(Output: int): ...", "unreadable-annotation"),
        ("def keep(a: Input[pd.DataFrame]): ...", "unreadable-annotation"),
        ("def keep(a: Input[Dataset] = 3): ...", "unreadable-annotation"),
        ("def keep() -> NamedTuple('x', fields): ...", "unreadable-annotation"),
        ("import os\ndef keep() -> None:\n  os.remove('x')", "not-self-contained"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    found = read_function(text, "keep")
    codes = [found.code] if isinstance(found, Problem) else [p.code for p in found.problems]
    assert code in codes


@pytest.mark.parametrize("deep", ["(" * 150 + ")" * 150, "-" * 200_000 + "1", "f" + "()" * 50_000])
def test_what_is_nested_too_deeply_is_told_as_that(deep: str) -> None:
    found = read_function(f"def keep() -> None:\n    x = {deep}\n", "keep")
    assert not isinstance(found, Problem) or found.message == "this is nested too deeply"


@pytest.mark.parametrize("deep", ["-" * 200_000 + "1", "+".join(["1"] * 100_000), "(\n" * 150])
def test_the_line_of_what_python_names_no_place_for(deep: str) -> None:
    head = "import os\n\n\ndef keep() -> None:\n    # here\n    if os:\n        x = "
    found = read_function(f"{head}{deep}\n", "keep")
    assert isinstance(found, Problem) and found.code == "python-syntax"
    assert found.line >= 7
    nul = read_function(head + "'a\0b'\n", "keep")
    assert isinstance(nul, Problem)
    assert (nul.line, nul.column, "NUL" in nul.message) == (7, 15, True)


def test_a_coroutine_is_told_as_one() -> None:
    found = read_function("x = 1\nasync def keep() -> None: ...\n", "keep")
    assert isinstance(found, Problem)
    assert (found.code, found.line, "async def" in found.message) == ("unknown-function", 2, True)


@given(st.text())
def test_any_text_gives_a_problem_with_a_place_and_never_an_exception(text: str) -> None:
    found = read_function(text, "keep")
    assert isinstance(found, Problem)
    assert found.line >= 1
