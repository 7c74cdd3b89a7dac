"""Users' Python as values: a function's interface and text, read by `ast` and never imported."""

from exai_compiler.python_code.component import (
    OWN_IMAGE,
    PYTHON,
    function_of,
    python_component,
)
from exai_compiler.python_code.function import Function, read_function
from exai_compiler.python_code.problem import Problem

__all__ = [
    "OWN_IMAGE",
    "PYTHON",
    "Function",
    "Problem",
    "function_of",
    "python_component",
    "read_function",
]
