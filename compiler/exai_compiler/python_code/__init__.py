"""Users' Python as values: a function's interface and text, read by `ast` and never imported."""

from exai_compiler.python_code.component import (
    embedded_of,
    function_hint,
    names_taken,
    python_component,
)
from exai_compiler.python_code.function import Function, read_function
from exai_compiler.python_code.notebook_step import notebook_component
from exai_compiler.python_code.problem import Problem
from exai_compiler.python_names import (
    OWN_IMAGE,
    PYTHON,
    embedded_path,
    function_of,
    names_a_function,
    python_file,
)

__all__ = [
    "OWN_IMAGE",
    "PYTHON",
    "Function",
    "Problem",
    "embedded_of",
    "embedded_path",
    "function_hint",
    "function_of",
    "names_a_function",
    "names_taken",
    "notebook_component",
    "python_component",
    "python_file",
    "read_function",
]
