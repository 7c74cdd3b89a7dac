"""The tree of a Python file, or where and why it has none.

In: the file's text. Out: the tree, or a Problem at the place that Python names; where it names none
(a NUL, an expression too deep for it), at the line that is to blame. Never: runs anything of it.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator

from exai_compiler.python_code.problem import Problem

_SAYS = "`python -m py_compile FILE` says the same"
_ENDS = (tokenize.NEWLINE, tokenize.ENDMARKER)
_BETWEEN = (tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.COMMENT)


def tree_of(text: str) -> ast.Module | Problem:
    try:
        return _parse(text)
    except (RecursionError, MemoryError):  # MemoryError: what Python's parser calls too deep
        return too_deep(text)
    except (SyntaxError, ValueError) as error:
        line, column = getattr(error, "lineno", None), getattr(error, "offset", None)
        said = getattr(error, "msg", None) or str(error)
        if (nul := text.find("\0")) >= 0:
            line, column = text.count("\n", 0, nul) + 1, nul - text.rfind("\n", 0, nul)
            said = "a NUL character"
        for number, one in enumerate(text.split("\n"), 1):
            if one.startswith("<<<<<<< "):
                message = "this isn't Python: a merge conflict isn't resolved"
                hint = "keep one of its sides, and remove the lines of `<`, `=` and `>`"
                return Problem("python-syntax", message, number, 1, hint)
        return Problem("python-syntax", f"this isn't Python: {said}", line or 1, column or 1, _SAYS)


def too_deep(text: str) -> Problem:
    """At the first statement that is too deep by itself; at the top where only all of it is."""
    line = next((number for number, one in _statements(text) if _is_too_deep(one)), 1)
    return Problem("python-syntax", "this is nested too deeply", line, 1, "write it flatter")


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():  # of escapes, which Python says on standard error
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each line as Python counts them, with what goes on below it; without its indentation."""
    lines = text.split("\n")
    first: tuple[int, int] | None = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if first is None and token.type not in (*_BETWEEN, *_ENDS):
                first = token.start
            if first is not None and token.type in _ENDS:
                row, column = first
                yield row, "\n".join([lines[row - 1][column:], *lines[row : token.end[0]]])
                first = None
    except (tokenize.TokenError, SyntaxError):
        return


def _is_too_deep(statement: str) -> bool:
    try:
        _parse(statement)
    except (RecursionError, MemoryError):
        return True
    except (SyntaxError, ValueError):  # the head of a block alone
        return False
    return False
