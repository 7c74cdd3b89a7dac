"""The names that a function takes from around it, which isn't embedded with it.

In: a function. Out: names with their first place. KFP puts `import kfp`, `from kfp import dsl`,
`from kfp.dsl import *` and `from typing import *` before it, so those names are there.
"""

from __future__ import annotations

import ast
import builtins
import symtable
import typing
from collections.abc import Iterator

from exai_compiler.python_code.annotations import ARTIFACTS

_KFP = (
    *("kfp", "dsl", "Input", "Output", "InputPath", "OutputPath", "PipelineTaskFinalStatus"),
    *("get_uri", "EmbeddedInput", "TaskConfig"),
)
# typing names a module-level one by `from typing import *` as its `__all__` has it.
_THERE = frozenset((*dir(builtins), *typing.__all__, *_KFP, *ARTIFACTS, "__name__", "__file__"))


def foreign_names(function: ast.FunctionDef) -> Iterator[tuple[str, int, int]]:
    """(name, line, column) of the first use of each name that only the file around has."""
    bare = ast.FunctionDef(**{field: getattr(function, field) for field in function._fields})
    bare.decorator_list = []
    # Annotations are judged as such; their names needn't be looked up.
    module = ast.Module(body=[ast.copy_location(bare, function)], type_ignores=[])
    try:
        table = symtable.symtable(ast.unparse(module), "function", "exec")
    except (SyntaxError, RecursionError):
        return
    wanted = set(_globals(table)) - _THERE - {function.name}
    seen: set[str] = set()
    for node in sorted(
        (n for n in ast.walk(function) if isinstance(n, ast.Name)),
        key=lambda n: (n.lineno, n.col_offset),
    ):
        if node.id in wanted and node.id not in seen and isinstance(node.ctx, ast.Load):
            seen.add(node.id)
            yield node.id, node.lineno, node.col_offset + 1


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    """What functions inside take from the module."""
    for child in table.get_children():
        for symbol in child.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                yield symbol.get_name()
        yield from _globals(child)
