"""Everything that is rendered is read-only, all the way down: parts of it are shared."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.maybe import Tree, Unknown
from exai_runtime.compiling import check_project, compile_offline
from exai_runtime.workspace import load

EXAMPLES = Path(__file__).parents[3] / "examples"


def changeable(tree: Tree, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Where in a tree something stands that could be changed."""
    if isinstance(tree, MappingProxyType):
        return [bad for key, item in tree.items() for bad in changeable(item, (*path, key))]
    if isinstance(tree, tuple):
        return [bad for index, item in enumerate(tree) for bad in changeable(item, (*path, index))]
    return [] if tree is None or isinstance(tree, bool | int | float | str | Unknown) else [path]


@pytest.mark.parametrize("example", ["iris", "diabetes", "own-code"])
def test_rendered_bodies_are_frozen(example: str) -> None:
    checked = check_project(load(EXAMPLES / example))
    assert checked.project is not None
    environment = checked.project.environment("local")
    assert environment is not None
    for rendered in compile_offline(checked, "local", environment).objects:
        assert changeable(rendered.body) == [], rendered.id
