"""What code means: its tree, whatever its comments, its formatting and its docstrings.

In: the text of a file or a function. Out: a text that is the same for all that do the same, by each
Python that exai runs on. What can't be parsed means its text, and so does what may read that.
Never: runs anything of it.

A docstring counts where somebody may read it: of a class with bases, of what a decorator gets, or
of what is handed on as a value, as a tool for a language model is.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from exai_compiler.python_code.problem import Problem
from exai_compiler.python_code.syntax import tree_of
from exai_specs.frozen import Json, digest
from exai_specs.regexes import regex

_READERS = frozenset(
    {
        *("__doc__", "__code__", "__file__", "linecache", "docopt", "pydoc", "doctest"),
        *("getdoc", "getcomments", "getsource", "getsourcelines", "getsourcefile", "findsource"),
    }
)
"""By what code gets at its own text, its lines or its docstrings."""
_CODING = regex(r"[ \t\f]*#.*?coding[:=][ \t]*(?!utf-?8\b)[-\w.]+")
"""The only comment that Python itself reads: what the bytes of a file's literals are."""
_UNSAID = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
"""Fields of nodes that change nothing of what is run."""

_Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@functools.cache
def code_meaning(text: str) -> str:
    """A digest of what the code does; the text itself where that may matter."""
    tree = tree_of(text)
    if isinstance(tree, Problem) or any(_CODING.match(line) for line in text.split("\n", 2)[:2]):
        return text
    if any(_reads_itself(node) for node in ast.walk(tree)):
        return text
    _leave_docstrings_out(tree)
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


def _leave_docstrings_out(tree: ast.Module) -> None:
    values = frozenset(_values(tree))
    nodes: list[tuple[ast.AST, bool]] = [(tree, False)]
    while nodes:
        node, is_read = nodes.pop()
        if isinstance(node, _Defined):
            is_read = is_read or bool(node.decorator_list) or node.name in values
            if isinstance(node, ast.ClassDef):
                is_read = is_read or bool(node.bases or node.keywords)
        if isinstance(node, _Defined | ast.Module):
            if not is_read and _has_docstring(node.body):
                del node.body[0]
            # Whoever reads a class may read its methods'; a function inside stands by itself.
            is_read = is_read and isinstance(node, ast.ClassDef)
        nodes += [(child, is_read) for child in ast.iter_child_nodes(node)]


def _values(tree: ast.Module) -> Iterator[str]:
    """The names that are used in another way than by calling them."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if id(node) not in called and isinstance(node, ast.Name | ast.Attribute):
            yield node.id if isinstance(node, ast.Name) else node.attr


def _has_docstring(body: list[ast.stmt]) -> bool:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *_]:
            return True
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
