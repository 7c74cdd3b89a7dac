"""The text of a function that a step embeds, and whether it can stand by itself.

In: a file's tree and lines, a function of it. Out: its source, the problems of it, what it imports.
Never: imports or runs anything of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from exai_compiler.python_code.names import foreign_names
from exai_compiler.python_code.problem import Problem

# What the SDK's own decorator is written as; it is what a step has no need of.
_KFPS_OWN = ("component", "dsl.component", "kfp.dsl.component")
LARGEST = 64 * 1024
"""Bytes of a function's text: one argument of a process holds 128 KiB on Linux."""


def source_of(lines: list[str], function: ast.FunctionDef) -> str:
    """What `inspect.getsource` gives, which the SDK embeds: comments behind the last statement
    belong to the function when they are indented as its body is.
    """
    from textwrap import dedent  # most projects embed no function

    last = function.end_lineno or function.lineno
    for number, line in enumerate(lines[last:], last + 1):
        stripped = line.lstrip()
        if stripped.startswith("#") and len(line) - len(stripped) >= function.body[0].col_offset:
            last = number
        elif stripped:
            break
    return dedent("\n".join(lines[function.lineno - 1 : last]) + "\n")


def problems_of(module: ast.Module, function: ast.FunctionDef, source: str) -> Iterator[Problem]:
    size = len(source.encode())
    if size > LARGEST:
        yield Problem(
            "code-too-large",
            f"`{function.name}` has {size} bytes; a step embeds at most {LARGEST}",
            function.lineno,
            1,
            "put what it needs into a package that pip.packages names, or into an image",
        )
    for decorator in function.decorator_list:
        if ast.unparse(decorator).partition("(")[0] not in _KFPS_OWN:
            yield Problem(
                "not-self-contained",
                f"the decorator of `{function.name}` isn't embedded with it",
                decorator.lineno,
                decorator.col_offset + 1,
                "do inside the function what it does, and remove it",
            )
    imported = _imported(module)
    for node in foreign_names(function):
        yield Problem(
            "not-self-contained",
            f"`{function.name}` uses `{node.id}`, which stands outside of it: "
            "only the function itself is embedded",
            node.lineno,
            node.col_offset + 1,
            f"put `{imported[node.id]}` into the function's body"
            if node.id in imported
            else f"bring `{node.id}` inside: imports and constants go into the function's body",
        )


def _imported(module: ast.Module) -> Mapping[str, str]:
    """The names that the file imports at its top, each with a statement that does."""
    found: dict[str, str] = {}
    for node in module.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                one = (
                    ast.ImportFrom(node.module, [alias], node.level)
                    if isinstance(node, ast.ImportFrom)
                    else ast.Import([alias])
                )
                found[alias.asname or alias.name.partition(".")[0]] = ast.unparse(one)
    return found


def imports_of(function: ast.FunctionDef) -> Iterator[tuple[str, int, int]]:
    """The top-level names of modules; `.` for a relative import."""
    for node in ast.walk(function):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield alias.name.partition(".")[0], node.lineno, node.col_offset + 1
            case ast.ImportFrom(module=module, level=level):
                name = "." if level else (module or "").partition(".")[0]
                yield name, node.lineno, node.col_offset + 1
