"""What code means: its tree, whatever its comments, its formatting and its docstrings.

In: the text of a file or a function. Out: a text that is the same for all that do the same, by each
Python that exai runs on. What can't be parsed means its text, and so does what may read that.
Never: runs anything of it.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from exai_compiler.python_code.docstrings import leave_unread_out
from exai_compiler.python_code.problem import Problem
from exai_compiler.python_code.syntax import tree_of
from exai_specs.frozen import Json, digest
from exai_specs.regexes import regex

_READERS = frozenset(
    {
        *("__doc__", "__code__", "__file__", "linecache", "docopt", "pydoc", "doctest"),
        *("getdoc", "getcomments", "getsource", "getsourcelines", "getsourcefile", "findsource"),
        *("get_source", "get_docstring", "__loader__", "__spec__", "getframeinfo", "findCaller"),
        *("f_code", "gi_code", "cr_code", "ag_code", "f_lineno", "tb_lineno", "extract_stack"),
        *("co_consts", "co_code", "co_filename", "co_firstlineno", "co_lines", "co_positions"),
    }
)
"""By what code gets at its own text, its lines or its docstrings."""
_CODING = regex(r"[ \t\f]*#.*?coding[:=][ \t]*(?!utf-?8\b)[-\w.]+")
"""The only comment that Python itself reads: what the bytes of a file's literals are."""
_TYPE = regex(r"#[ \t]*type:(?![ \t]*ignore\b)")
"""A comment that others read, as `torch.jit.script` does: what a function takes and returns."""
_UNSAID = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
"""Fields of nodes that change nothing of what is run."""


@functools.cache
def code_meaning(text: str) -> str:
    """A digest of what the code does; the text itself where that may matter."""
    tree = tree_of(text)
    if isinstance(tree, Problem) or any(_CODING.match(line) for line in text.split("\n", 2)[:2]):
        return text
    if _TYPE.search(text):
        return text
    if any(_reads_itself(node) for node in ast.walk(tree)):
        return text
    leave_unread_out(tree)
    return digest(tuple(_form(tree)))


def _reads_itself(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _READERS
        case ast.alias(name=name):
            return not _READERS.isdisjoint(name.split("."))
        case ast.Constant(value=str(text)):
            return any(word in text for word in _READERS)
    return False


def _form(tree: ast.Module) -> Iterator[Json]:
    """A tree as what stands in it, from the top: of each node and list first how much it has. What
    is empty isn't there, for newer Pythons have fields that older ones lack. No recursion: how deep
    that may go differs from command to command.
    """
    rest: list[object] = [tree]
    while rest:
        item = rest.pop()
        if isinstance(item, ast.Constant):
            # In ASCII, and whole numbers in base 16: a text may hold what has no UTF-8, and a
            # number more digits than Python writes out.
            value = item.value
            text = hex(value) if isinstance(value, int) else ascii(value)
            yield ("Constant", type(value).__name__, text)
        elif isinstance(item, ast.AST):
            if isinstance(item, ast.JoinedStr):  # 3.12 has empty texts at the end of some
                item.values = [each for each in item.values if not _is_empty(each)]
            fields = {
                name: value
                for name in sorted(item._fields)
                if name not in _UNSAID and (value := getattr(item, name, None)) not in (None, [])
            }
            yield (type(item).__name__, *fields)
            rest += reversed(fields.values())
        elif isinstance(item, list):
            yield len(item)
            rest += reversed(item)
        else:  # a name, a level of an import, or nothing among the defaults of arguments
            yield str(item)


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == ""
