"""Users' Python as values: a function's interface and text, read by `ast` and never imported."""

from exai_compiler.python_code.component import function_of, python_component
from exai_compiler.python_code.function import Function, read_function
from exai_compiler.python_code.problem import Problem

__all__ = ["Function", "Problem", "function_of", "python_component", "read_function"]
