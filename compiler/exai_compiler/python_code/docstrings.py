"""The docstrings of code that nobody reads.

In: the tree of a file or a function. Out: the same without them.

A docstring counts where somebody may read it: of what has a decorator, of a class with bases, or
one that is named anywhere (an instance has its methods), of a function that is handed on as a value
or named in a text with its place (`file:function`, `getattr`), as a tool for a language model is;
and each one where code may get at all that its file has.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_specs.regexes import regex

_ALL = frozenset(
    {
        *("globals", "locals", "vars", "__dict__", "__globals__", "f_globals", "f_locals"),
        *("getmembers", "getmodule", "import_module", "__import__", "__main__", "runpy"),
        *("__subclasses__", "get_objects", "get_referrers", "__getattribute__"),
    }
)
"""By what code gets at things that it doesn't name: all that its file has, perhaps."""
_RUN = frozenset({"eval", "exec"})
"""The same, of functions: models and tables have methods of these names, which run no text."""
_NAMERS = frozenset({"getattr", "attrgetter", "methodcaller"})
"""What gets at things by names: those that are written there, or any."""
_NAMES = regex(r"[\w.:]+")
"""Texts that may name something of the file."""
_Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def leave_unread_out(tree: ast.Module) -> None:
    """Remove from the tree each docstring that can't matter."""
    if not _gets_at_all(tree):
        _leave_out(tree)


def _gets_at_all(tree: ast.Module) -> bool:
    """Whether code may get at functions and classes that it doesn't name."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = {id(node.func) for node in calls}
    known = {id(node.func) for node in calls if _are_names_written(node)}
    modules = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _NAMERS:
                if id(node) not in known:
                    return True
            case ast.Attribute(attr="modules"):  # sys', but not a network's, which is a method
                if id(node) not in called:
                    return True
            case ast.Name(id=name) if name in _RUN:
                return True
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _ALL:
                return True
            case ast.Constant(value=str(text)) if _names_one_of_all(text):
                return True
            case ast.alias(name=name) if {"modules", *_ALL, *_RUN} & {*name.split(".")}:
                return True
            case ast.alias(name=name, asname=str()) if name in _NAMERS:
                return True
    return not modules.isdisjoint(_handed_on(tree))


def _are_names_written(call: ast.Call) -> bool:
    """Whether all that a call may name stands there as texts."""
    match call:
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str()), *_]):
            return True
        case ast.Call(func=ast.Name(id="methodcaller") | ast.Attribute(attr="methodcaller")):
            return isinstance(call.args[0], ast.Constant) if call.args else False
    return all(isinstance(each, ast.Constant) for each in call.args) and not call.keywords


def _leave_out(tree: ast.Module) -> None:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = {id(node.func) for node in calls}
    by_name = {id(arg) for node in calls if _is_namer(node.func) for arg in node.args}
    named = [*_named(tree)]
    values = {
        name
        for node, name in named
        if id(node) not in called and (id(node) in by_name or not _is_word(node))
    }
    classes = {name for _, name in named}
    handed_on = {*_handed_on(tree)}
    nodes: list[tuple[ast.AST, bool]] = [(tree, False)]
    while nodes:
        node, is_read = nodes.pop()
        if isinstance(node, ast.ClassDef):
            is_read = is_read or bool(node.bases or node.keywords or node.decorator_list)
            is_read = is_read or node.name in classes or not handed_on.isdisjoint(_selves(node))
        elif isinstance(node, _Defined):
            is_read = is_read or bool(node.decorator_list) or node.name in values
        if isinstance(node, _Defined | ast.Module):
            if not is_read and _has_docstring(node.body):
                del node.body[0]
            # Whoever reads a class may read its methods'; a function inside stands by itself.
            is_read = is_read and isinstance(node, ast.ClassDef)
        nodes += [(child, is_read) for child in ast.iter_child_nodes(node)]


def _is_namer(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _NAMERS
    return False


def _is_word(node: ast.AST) -> bool:
    """Whether it is a text without the place of what it names: functions are called as columns and
    outputs are, and nobody finds them by that."""
    match node:
        case ast.Constant(value=str(text)):
            return text.isidentifier()
    return False


def _named(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """What names something, with the names."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield node, name
            case ast.Constant(value=str(text)) if _NAMES.fullmatch(text):
                yield from ((node, name) for name in text.replace(":", ".").split("."))


def _handed_on(tree: ast.Module) -> Iterator[str]:
    """The names of which more than an attribute is used."""
    of_attributes = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in of_attributes:
            yield node.id


def _selves(node: ast.ClassDef) -> Iterator[str]:
    """What its methods call an instance."""
    for each in ast.walk(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (arg.arg for arg in (*each.args.posonlyargs, *each.args.args)[:1])


def _has_docstring(body: list[ast.stmt]) -> bool:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *_]:
            return True
    return False


def _names_one_of_all(text: str) -> bool:
    """Of words that others use, too, the text has to be one; `__main__` is what each program asks
    its name for."""
    if text == "__main__":
        return False
    return text in _ALL or any(word in text for word in _ALL if word.startswith("__"))
