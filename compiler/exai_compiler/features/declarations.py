"""Python that declares things of Feast.

In: texts of Python: names, constants, calls. Out: the text of a module. Never: a value that hasn't
passed through `repr`, which is up to the caller; `inert` holds what comes out to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_DEEPER = "    "


def module(docstring: str, imports: Iterable[str], declarations: Iterable[str]) -> str:
    """A whole file."""
    lines = "".join([f"{line}\n" for line in imports])
    return f'"""{docstring}"""\n\n{lines}' + "".join([f"\n{each}\n" for each in declarations])


def call(function: str, arguments: Mapping[str, str], depth: int = 0) -> str:
    """A call with an argument a line; `depth` is how far in it stands."""
    margin = _DEEPER * depth
    lines = "".join([f"{margin}{_DEEPER}{name}={text},\n" for name, text in arguments.items()])
    return f"{function}(\n{lines}{margin})"


def listed(items: Iterable[str], depth: int = 1) -> str:
    """A list with an item a line."""
    margin = _DEEPER * depth
    lines = "".join([f"{margin}{_DEEPER}{item},\n" for item in items])
    return f"[\n{lines}{margin}]"
