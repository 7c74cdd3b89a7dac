"""`python-syntax`, `local-import`: what can be wrong with a Python file that is copied as it is.

In: its text, its path, who asks for it. Out: its tree, or the problem. Never: running it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from exai_compiler.python_code import syntax
from exai_specs.diagnostics import Diagnostic, Span

Asked = tuple[tuple[str, Span], ...]


def tree_of(text: str, path: str, asked: Asked) -> ast.Module | Diagnostic:
    """The file's tree; or that it is no Python, in the place where it ceases to be."""
    found = syntax.tree_of(text)
    if isinstance(found, ast.Module):
        return found
    place = Span(path, found.line, found.column)
    return Diagnostic(found.code, found.message, place, hint=found.hint, related=asked)


def local_imports(
    tree: ast.Module, path: str, modules: Collection[str], where: str, asked: Asked
) -> Iterator[Diagnostic]:
    """Imports of `modules`, which lie in the project and don't come along; `where` says so."""
    for module, line, column in _imports(tree):
        if module == "." or module in modules:
            what = "a relative import" if module == "." else f"`{module}` is a file of this project"
            yield Diagnostic(
                "local-import",
                f"{what}: {where}",
                Span(path, line, column),
                hint="write what it needs into this file",
                related=asked,
            )


def _imports(tree: ast.Module) -> Iterator[tuple[str, int, int]]:
    """Every module that the file imports by its first name; "." for a relative import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node.lineno, node.col_offset + 1
        elif isinstance(node, ast.ImportFrom):
            module = "." if node.level else (node.module or "").partition(".")[0]
            yield module, node.lineno, node.col_offset + 1
