"""The names that a function takes from around it, which isn't embedded with it.

In: a function. Out: nodes that use such a name first. KFP puts `import kfp`, `from kfp import dsl`,
`from kfp.dsl import *` and `from typing import *` before it, so those names are there.
"""

from __future__ import annotations

import ast
import builtins
import typing
from collections.abc import Iterator
from typing import TYPE_CHECKING

from exai_compiler.python_code.annotations import ARTIFACTS

if TYPE_CHECKING:
    import symtable

# `__all__` of kfp/dsl/__init__.py as it is while a step runs; a test compares them.
KFP = (
    *("kfp", "dsl", "Input", "Output", "InputPath", "OutputPath", "PipelineTaskFinalStatus"),
    *("TaskConfig", "get_uri", "run_notebook"),
    *("PIPELINE_JOB_NAME_PLACEHOLDER", "PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER"),
    *("PIPELINE_JOB_ID_PLACEHOLDER", "PIPELINE_TASK_NAME_PLACEHOLDER"),
    *("PIPELINE_TASK_ID_PLACEHOLDER", "PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER"),
    *("PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER", "PIPELINE_ROOT_PLACEHOLDER"),
    *("PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER", "PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER"),
    *("WORKSPACE_PATH_PLACEHOLDER", *sorted(ARTIFACTS)),
)
# typing names a module-level one by `from typing import *` as its `__all__` has it.
_THERE = frozenset((*dir(builtins), *typing.__all__, *KFP, "__file__"))


def foreign_names(function: ast.FunctionDef) -> Iterator[ast.Name]:
    """The first use of each name that only the file around has."""
    import symtable  # most projects embed no function

    bare = ast.FunctionDef(**{field: getattr(function, field) for field in function._fields})
    bare.decorator_list = []
    # Annotations are judged as such; their names needn't be looked up.
    module = ast.Module(body=[ast.copy_location(bare, function)], type_ignores=[])
    try:
        table = symtable.symtable(ast.unparse(module), "function", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    symbols = list(_globals(table))
    # A name that the function itself makes global is there once it has.
    made = {symbol.get_name() for symbol in symbols if symbol.is_assigned()}
    used = {symbol.get_name() for symbol in symbols if symbol.is_referenced()}
    wanted = used - made - _THERE - {function.name}
    seen: set[str] = set()
    for node in sorted(
        (n for n in ast.walk(function) if isinstance(n, ast.Name)),
        key=lambda n: (n.lineno, n.col_offset),
    ):
        if node.id in wanted and node.id not in seen and isinstance(node.ctx, ast.Load):
            seen.add(node.id)
            yield node


def _globals(table: symtable.SymbolTable) -> Iterator[symtable.Symbol]:
    """What functions inside take from the module, or put there."""
    for child in table.get_children():
        yield from (symbol for symbol in child.get_symbols() if symbol.is_global())
        yield from _globals(child)
