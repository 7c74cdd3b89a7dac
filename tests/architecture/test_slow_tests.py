"""Every slow test stands in a file that the Makefile finds: it runs them out of the files that hold
`mark.slow`, so that nothing else is imported.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOUND = "mark.slow"  # what the Makefile looks for


def names_it(tree: ast.Module) -> Iterator[str]:
    """Whatever in a module can set the mark, or set one that its text doesn't name."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr="slow"):
                yield ast.unparse(node)
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value="slow"), *_]):
                yield ast.unparse(node)
            case ast.Attribute(attr="add_marker") | ast.Name(id="add_marker"):
                yield "add_marker"
            case ast.Name(id="pytestmark") | ast.Attribute(attr="pytestmark"):
                yield "pytestmark"
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (each.name for each in names if each.name in ("mark", "pytestmark"))


def set_elsewhere(name: str, text: str) -> list[str]:
    """What sets marks in this file and isn't found by the Makefile."""
    if not re.search("slow|mark", text):
        return []
    is_tests = name.startswith("test_")
    return [] if is_tests and FOUND in text else sorted(names_it(ast.parse(text)))


def test_the_makefile_finds_every_slow_test() -> None:
    files = sorted((ROOT / "tests").rglob("*.py"))
    wrong = {
        file.relative_to(ROOT).as_posix(): found
        for file in files
        if file != Path(__file__) and (found := set_elsewhere(file.name, file.read_text("utf-8")))
    }
    assert not wrong, f"spell it `pytest.mark.slow` in the file of the tests: {wrong}"
    assert sum(FOUND in file.read_text("utf-8") for file in files) > 2, "nothing is found at all"


def test_the_makefile_looks_where_pytest_does() -> None:
    assert "grep -rl 'mark\\.slow' tests --include 'test_*.py'" in (ROOT / "Makefile").read_text()
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert told["testpaths"] == ["tests"]
    assert "python_files" not in told
    assert not list((ROOT / "tests").rglob("*_test.py")), "pytest takes these, too"


def test_other_ways_to_set_the_mark_are_told() -> None:
    for name, text in (
        ("conftest.py", "import pytest\npytestmark = pytest.mark.slow\n"),
        ("conftest.py", "def f(item):\n    item.add_marker('slow')\n"),
        ("servers.py", "from pytest import mark as m\nheavy = m.slow\n"),
        ("test_a.py", "from pytest import mark as m\n\n@m.slow\ndef test_a(): ...\n"),
        ("test_a.py", "from servers import pytestmark\n"),
        ("test_a.py", "import pytest\npytestmark = getattr(pytest.mark, 'slow')\n"),
    ):
        assert set_elsewhere(name, text), text
    assert set_elsewhere("test_a.py", "pytestmark = pytest.mark.slow\n") == []
    assert set_elsewhere("conftest.py", "# slow, and no mark\nx = 'slowly'\n") == []
