"""One function of a Python file: its interface, the text that is embedded, and what is wrong.

In: the file's text, the function's name. Out: a `Function` with its problems, each at its line and
column (from 1). Never: imports or runs anything of it.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from exai_compiler.catalog import Port
from exai_compiler.python_code.annotations import Meaning, last_name, meaning
from exai_compiler.python_code.names import foreign_names
from exai_specs.frozen import Json, freeze
from exai_specs.nearest import did_you_mean

SINGLE_OUTPUT = "Output"
LARGEST = 64 * 1024
"""Bytes of a function's text: one argument of a process holds 128 KiB on Linux."""

_ANNOTATION_HINT = (
    "take str, int, float, bool, list, dict, Optional of one, Input[T], Output[T], InputPath, "
    "OutputPath, or return a NamedTuple"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a Python file. Lines and columns count from 1."""

    code: str
    message: str
    line: int
    column: int
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function as a step. `source` starts with its `def`, `line` is where that stands in the
    file; `imports` are the top-level modules that it imports, with their places.
    """

    name: str
    line: int
    source: str
    description: str
    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]
    imports: tuple[tuple[str, int, int], ...]
    problems: tuple[Problem, ...]


@functools.cache
def read_function(text: str, name: str) -> Function | Problem:
    """The function `name` at the top level of the file; a Problem when there is none."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line, column = getattr(error, "lineno", None), getattr(error, "offset", None)
        said = getattr(error, "msg", None) or str(error)
        return Problem("python-syntax", f"this isn't Python: {said}", line or 1, column or 1)
    functions = {item.name: item for item in tree.body if isinstance(item, ast.FunctionDef)}
    found = functions.get(name)
    if found is None:
        hint = did_you_mean(name, functions) or "define it at the top level of the file"
        return Problem(
            "unknown-function", f"there is no function `{name}` in this file", 1, 1, hint
        )
    source = "".join(text.splitlines(keepends=True)[found.lineno - 1 : found.end_lineno])
    ports = list(_ports(found))
    problems = [item for item in ports if isinstance(item, Problem)]
    known = [item for item in ports if not isinstance(item, Problem)]
    problems += _of_the_text(found, source)
    return Function(
        name=name,
        line=found.lineno,
        source=source if source.endswith("\n") else source + "\n",
        description=(ast.get_docstring(found) or "").partition("\n")[0],
        inputs=MappingProxyType({port.name: port for side, port in known if side == "input"}),
        outputs=MappingProxyType({port.name: port for side, port in known if side == "output"}),
        imports=tuple(_imports(found)),
        problems=tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))),
    )


def _ports(function: ast.FunctionDef) -> Iterator[tuple[str, Port] | Problem]:
    arguments = function.args
    for many in (arguments.vararg, arguments.kwarg):
        if many is not None:
            yield _unreadable(many, f"`*{many.arg}` says nothing of its inputs")
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults += arguments.defaults
    pairs = [*zip(positional, defaults, strict=True)]
    pairs += [*zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    for argument, default in pairs:
        yield _argument(argument, default)
    if function.returns is not None and not _nothing(function.returns):
        yield from _returned(function.returns)


def _argument(argument: ast.arg, default: ast.expr | None) -> tuple[str, Port] | Problem:
    name = argument.arg
    if name == SINGLE_OUTPUT:
        return _unreadable(argument, "`Output` is the name of what a function returns")
    if argument.annotation is None:
        return _unreadable(argument, f"`{name}` has no annotation")
    found = meaning(argument.annotation)
    if found is None:
        written = ast.unparse(argument.annotation)
        return _unreadable(argument.annotation, f"`{name}: {written}` is no type that a step takes")
    value: Json = None
    if default is not None:
        try:
            value = freeze(ast.literal_eval(default))
        except (ValueError, TypeError, SyntaxError):
            return _unreadable(default, f"the default of `{name}` is no plain value")
        if found.type[:1].isupper() and value is not None:
            return _unreadable(default, f"the artifact `{name}` can have no default but None")
    if found.side == "output":
        return found.side, _port(name, found)
    return found.side, _port(name, found, optional=default is not None, default=value)


def _returned(annotation: ast.expr) -> Iterator[tuple[str, Port] | Problem]:
    """`-> T` is the output `Output`; a NamedTuple has one for each of its fields."""
    if isinstance(annotation, ast.Call) and last_name(annotation.func) == "NamedTuple":
        fields = _fields(annotation)
        if fields is None:
            yield _unreadable(annotation, "this NamedTuple can't be read")
            return
    else:
        fields = [(SINGLE_OUTPUT, annotation)]
    for name, of in fields:
        found = meaning(of)
        if found is None:
            yield _unreadable(of, f"`{ast.unparse(of)}` is no type that a step gives")
        else:
            yield "output", _port(name, found)


def _fields(call: ast.Call) -> list[tuple[str, ast.expr]] | None:
    """The fields of `NamedTuple("Outputs", [("rows", int)])`."""
    if len(call.args) != 2 or not isinstance(call.args[1], ast.List | ast.Tuple) or call.keywords:
        return None
    found = []
    for item in call.args[1].elts:
        match item:
            case ast.Tuple(elts=[ast.Constant(value=str(name)), annotation]):
                found.append((name, annotation))
            case _:
                return None
    return found


def _port(name: str, found: Meaning, *, optional: bool = False, default: Json = None) -> Port:
    return Port(
        name=name,
        type=found.type,
        optional=optional,
        default=default,
        refined=found.refined,
    )


def _of_the_text(function: ast.FunctionDef, source: str) -> Iterator[Problem]:
    size = len(source.encode())
    if size > LARGEST:
        yield Problem(
            "code-too-large",
            f"`{function.name}` has {size} bytes; a step embeds at most {LARGEST}",
            function.lineno,
            1,
            "put what it needs into a package that pip.packages names, or into an image",
        )
    for name, line, column in foreign_names(function):
        yield Problem(
            "not-self-contained",
            f"`{function.name}` uses `{name}`, which stands outside of it: "
            "only the function itself is embedded",
            line,
            column,
            f"bring `{name}` inside: imports and constants go into the function's body",
        )


def _imports(function: ast.FunctionDef) -> Iterator[tuple[str, int, int]]:
    """The top-level names of modules; `.` for a relative import."""
    for node in ast.walk(function):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield alias.name.partition(".")[0], node.lineno, node.col_offset + 1
            case ast.ImportFrom(module=module, level=level):
                name = "." if level else (module or "").partition(".")[0]
                yield name, node.lineno, node.col_offset + 1


def _nothing(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Constant) and annotation.value is None


def _unreadable(at: ast.expr | ast.arg, message: str) -> Problem:
    return Problem("unreadable-annotation", message, at.lineno, at.col_offset + 1, _ANNOTATION_HINT)
