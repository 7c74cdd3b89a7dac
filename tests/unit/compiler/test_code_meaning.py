"""What code means: what it does, whatever its comments, formatting and docstrings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from exai_compiler.python_code.meant import code_meaning

ROOT = Path(__file__).parents[3]
CODE = '''\
"""Features."""
import math


def ratio(rows, scale=1, *, deep=None):
    """How wide a flower is."""
    # in centimetres
    wide = [row["width"] * scale for row in rows]

    def shown(value):
        """For people."""
        return f"{value:>{scale}}"

    return [shown(math.sqrt(each)) for each in wide if each is not None]


class Kept:
    """A plain class."""

    def get(self):
        """What it has."""
        return self.kept
'''
METHOD = "class A:\n    def g(self):\n        'DOC'\n        return 1\n"
USES = (
    "def f(x):\n    return Agent(tools=[A()])\n",
    "def f(x):\n    a = A()\n    register(a)\n",
    "def f(x):\n    return map(A, x)\n",
    "def f(x):\n    return load(x, 'A')\n",
)
"""Of a class, as of which methods may be read."""
FUNCTION = "def g(x):\n    'DOC'\n    return x\n"
ALL = (
    "def f(x):\n    return Agent(tools=list(globals().values()))\n",
    "def f(x):\n    return Agent(tools=locals())\nx = vars()\n",
    "import sys\ndef f(x):\n    return Agent(tools=sys.modules[__name__])\n",
    "from sys import modules as m\ndef f(x):\n    return Agent(tools=m[__name__])\n",
    "import me\ndef f(x):\n    return getattr(me, 'g')\n",
    "import me\ndef f(x):\n    return getattr(me, x)\n",
    "import me as them\ndef f(x):\n    return Agent(tools=them)\n",
    "import operator\ndef f(x):\n    return operator.attrgetter('g')(x)\n",
    "from operator import attrgetter as at\ndef f(x):\n    return at(x)\n",
    "def f(x):\n    return [*map(getattr, x, x)]\n",
    "def f(x):\n    return Agent(tools=eval(x))\n",
    "def f(x):\n    return f.__globals__\n",
    "def f(x):\n    return getattr(f, '__globals__')\n",
    "def f(x):\n    return Agent(tools=['features:g'])\n",
    "def f(x):\n    return getattr(x.module, 'g')\n",
    "import importlib\ndef f(x):\n    return Agent(importlib.import_module(__name__))\n",
)
FILES = sorted(
    path
    for folder in ("components/exai_components", "examples", "compiler/exai_compiler/python_code")
    for path in (ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    # in centimetres\n", ""),
        ("# in centimetres", "# type: ignore"),
        ('"""Features."""\n', ""),
        ("Features.", "Others."),
        ("How wide", "How broad"),
        ('    """How wide a flower is."""\n', ""),
        ("For people.", "For programs."),
        ("A plain class.", "A class."),
        ("What it has.", "What it holds."),
        ('row["width"]', "row['width']"),
        ("rows, scale=1, *, deep=None", "\n    rows,\n    scale = 0x1,\n    *,\n    deep = (None)"),
        ("is not None]", "is\\\n not None]"),
        ("\n\n\n", "\n"),
        ("\n", "\r\n"),
        ("    return self.kept\n", "    return (self.kept)\n# the end"),
        ('f"{value', "f'{value"),
    ],
)
def test_what_nobody_runs_means_nothing(old: str, new: str) -> None:
    assert old in CODE
    text = CODE.replace(old, new)
    if old == 'f"{value':
        text = text.replace('scale}}"', "scale}}'")
    assert text != CODE
    assert code_meaning(text) == code_meaning(CODE) != CODE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scale=1", "scale=1.0"),
        ("scale=1", "scale=True"),
        ("scale=1", "scale='1'"),
        ("scale=1", "scale=b'1'"),
        ("scale=1", "scale=1j"),
        ("scale=1", "scale=..."),
        ("deep=None", "deep"),
        ("deep=None", "deep='None'"),
        ("*, deep", "deep"),
        ("rows, scale", "rows, /, scale"),
        ("rows, scale", "rows: list, scale"),
        ("math.sqrt", "math.cbrt"),
        ("import math", "from . import math"),
        ("import math", "from .. import math"),
        ('row["width"] *', 'row["width"] +'),
        ("is not None", "is None"),
        ("def ratio", "async def ratio"),
        ("def ratio", "@cached\ndef ratio"),
        ("{value:>", "{value!r:>"),
        ("self.kept", "self.kept or None"),
        ("class Kept", "class Kept(Base)"),
    ],
)
def test_what_is_run_means_something(old: str, new: str) -> None:
    assert old in CODE
    assert code_meaning(CODE.replace(old, new)) != code_meaning(CODE)


@pytest.mark.parametrize(
    "code",
    [
        "def f(x):\n    'DOC'\n    return f.__doc__\n",
        "'DOC'\ndef f(x):\n    return docopt(__doc__)\n",
        "def f(x):\n    'DOC'\n    return getattr(f, '__doc__')\n",
        "def f(x):\n    'DOC'\n    return '{0.__doc__}'.format(f)\n",
        "import inspect\ndef f(x):\n    'DOC'\n    return inspect.getsource(f)\n",
        "from inspect import getdoc as g\ndef f(x):\n    'DOC'\n    return g(f)\n",
        "import doctest\ndef f(x):\n    'DOC'\n    return doctest.testmod()\n",
        "def f(x):\n    'DOC'\n    return open(__file__).read()\n",
        "@tool\ndef f(x):\n    'DOC'\n    return x\n",
        "class A(Signature):\n    'DOC'\n",
        "class A(metaclass=M):\n    'DOC'\n",
        "class A(Tools):\n    def f(self):\n        'DOC'\n        return 1\n",
        "@tools\nclass A:\n    if 1:\n        def f(self):\n            'DOC'\n"
        "            return 1\n",
        "def g(x):\n    'DOC'\n    return x\ndef f(x):\n    return Agent(tools=[g])\n",
        "class A:\n    def g(self):\n        'DOC'\n        return 1\n    def f(self):\n"
        "        return Tool(self.g)\n",
        *(METHOD + use for use in USES),
        *(FUNCTION + use for use in ALL),
        "class A:\n    'DOC'\n    def f(self):\n        register(self)\n",
        "def f(x):\n    return 'DOC'\n",
        "def f(x):\n    x = 1\n    'a'\n    return x, 'DOC'\n",
    ],
)
def test_a_docstring_that_may_be_read_counts(code: str) -> None:
    assert code_meaning(code) != code_meaning(code.replace("DOC", "other"))


@pytest.mark.parametrize(
    "use",
    [
        "def f(x):\n    return g(x)\n",
        "def f(x):\n    return getattr(x, 'shape'), x.eval(), x.modules(), x.dir\n",
        "import operator as o\ndef f(x):\n    return o.attrgetter('a.b')(x), o.add(x, 1)\n",
        "def f(x):\n    return 'g is a word of this', x['g'], ['a', 'b-c']\n",
        "import os.path as p\ndef f(x):\n    return p.join(x)\n",
        "def f(x) -> NamedTuple('Out', [('g', float)]):\n    return g(x)\n",
        "if __name__ == '__main__':\n    g(1)\n",
        "def f(self):\n    return register(self)\n",
    ],
)
def test_a_docstring_that_nobody_can_reach_means_nothing(use: str) -> None:
    code = FUNCTION + use
    assert code_meaning(code) == code_meaning(code.replace("DOC", "other")) != code


@pytest.mark.parametrize(
    "line",
    [*("x.__loader__.load(x)", "x.get_source(x)", "x.f_code", "x.co_consts", "x.f_back.f_lineno")],
)
def test_code_that_may_read_its_own_lines_means_its_text(line: str) -> None:
    code = f"{FUNCTION}def f(x):\n    {line}\n"
    assert code_meaning(code) == code


def test_a_comment_on_types_is_read_by_others() -> None:
    code = "@torch.jit.script\ndef f(x):\n    # type: (int) -> int\n    return x\n"
    assert code_meaning(code) != code_meaning(code.replace("(int)", "(float)"))
    ignored = code.replace("# type: (int) -> int", "# type: ignore[no-any-return]")
    assert code_meaning(ignored) == code_meaning(ignored.replace("no-any-return", "misc"))


def test_a_function_inside_of_a_class_that_is_read_stands_by_itself() -> None:
    code = (
        "class A(Tools):\n    def f(self):\n        def g():\n            'DOC'\n"
        "            return 1\n        return g()\n"
    )
    assert code_meaning(code) == code_meaning(code.replace("DOC", "other"))


@pytest.mark.parametrize(
    "text",
    ["def f(:\n", "x = '\0'\n", "# coding: latin-1\nx = 'a'\n", "#!a\n# vim: coding=cp1252\n"],
)
def test_what_cant_be_told_means_its_text(text: str) -> None:
    assert code_meaning(text) == text


def test_a_coding_that_says_nothing_new_is_a_comment() -> None:
    assert code_meaning("# -*- coding: utf-8 -*-\nx = 1\n") == code_meaning("x = 1\n")
    assert code_meaning("x = 1\ny = 2\n# coding: latin-1\n") == code_meaning("x = 1\ny = 2\n")


def test_long_chains_are_code_like_any() -> None:
    """However deep a tree is, and whoever asks from however deep in a program."""
    chain = "x = " + " + ".join(["1"] * 600)
    found = code_meaning(chain)
    assert found != chain and found == code_meaning(f"{chain}  # long\n")
    number = f"x = {hex(1 << 40000)}"
    assert number != code_meaning(number) != code_meaning("x = 1")
    assert code_meaning("x = '\\ud800'") != code_meaning("x = '\\ud801'")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_text_that_is_written_anew_from_its_tree_means_the_same(path: Path) -> None:
    text = path.read_text("utf-8")
    found = code_meaning(text)
    anew = ast.unparse(ast.parse(text))
    if found == text:  # it may read itself
        assert code_meaning(anew) == anew
    else:
        assert code_meaning(anew) == found


def test_the_meaning_is_the_same_by_each_python() -> None:
    """As 3.11, 3.12 and 3.13 have it: where this fails, every project would train anew."""
    many = "match x:\n    case {'a': [1, *_], **rest} | None if rest:\n        f'{x=}{x!s:{x}.2}'\n"
    assert code_meaning(many) == "c5edde83c9d32f10613683213e5ce9d9ba3df240937c767ba16e2694f5c7a2e0"
    assert code_meaning(CODE) == "ff5589760f0896af55f97c5fcae7cd87cf246954f6d5c74d43b133cf328b6f63"
