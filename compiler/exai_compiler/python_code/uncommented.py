"""Code without its comments, for who can't be given another text of the same code later.

In: the text of a function. Out: the same code without comments, where no one can read them; else
the text. The same text on each Python that exai runs on. Never: another layout, a docstring less.
"""

from __future__ import annotations

import ast
import functools
import io
import tokenize

from exai_compiler.python_code.meant import code_meaning
from exai_compiler.python_code.syntax import tree_of


@functools.cache
def uncommented(text: str) -> str:
    """Lines that are comments alone are left out."""
    if code_meaning(text) == text:
        return text
    lines = list(io.StringIO(text))
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                number, start = token.start
                ending = lines[number - 1][token.end[1] :]
                before = lines[number - 1][:start].rstrip()
                lines[number - 1] = before + ending if before else ""
        found = "".join(lines)
        # What reads as something else, as a line that a backslash ends, stays as it is.
        trees = [tree_of(found), tree_of(text)]
        one, other = [ast.dump(tree) for tree in trees if isinstance(tree, ast.AST)]
        return found if one == other else text
    except (tokenize.TokenError, SyntaxError, ValueError, IndexError, RecursionError):
        return text
