"""One function of a Python file: its interface, the text that is embedded, and what is wrong.

In: the file's text, the function's name. Out: a `Function` with its problems, each at its line and
column (from 1). Never: imports or runs anything of it.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.catalog import Port
from exai_compiler.python_code.annotations import Meaning, meaning
from exai_compiler.python_code.defaults import NotPlain, plain_default
from exai_compiler.python_code.embedded import imports_of, problems_of, source_of
from exai_compiler.python_code.problem import Problem, in_characters
from exai_compiler.python_code.syntax import too_deep, tree_of
from exai_specs.frozen import Json
from exai_specs.names import FIELD
from exai_specs.nearest import did_you_mean
from exai_specs.values import frozen

SINGLE_OUTPUT = "Output"
RESERVED = "exai_"
NOT_THERE = "there is no function `{}` in this file"

_ANNOTATION_HINT = (
    "take str, int, float, bool, list, dict, Optional of one, Input[T], Output[T], InputPath, "
    "OutputPath, or return a NamedTuple"
)


@frozen
class Function:
    """A function as a step. `source` starts with its `def`, `line` is where that stands in the
    file; `imports` are the top-level modules that it imports, with their places; `embeds` the
    arguments that are what its step embeds; `takes` the names of all that it takes, of whatever
    type, empty where nobody can tell.
    """

    name: str
    line: int
    source: str
    description: str
    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]
    imports: tuple[tuple[str, int, int], ...]
    problems: tuple[Problem, ...]
    embeds: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


@functools.cache
def read_function(text: str, name: str) -> Function | Problem:
    """The function `name` at the top level of the file; a Problem when there is none."""
    try:
        return _read(text, name)
    except (RecursionError, MemoryError):
        return too_deep(text)


def functions_in(text: str) -> tuple[str, ...]:
    """The names of the functions that a file offers; none of one that isn't Python."""
    tree = tree_of(text)
    if isinstance(tree, Problem):
        return ()
    names = (item.name for item in tree.body if isinstance(item, ast.FunctionDef))
    return tuple(dict.fromkeys(name for name in names if not name.startswith("_")))


def _read(text: str, name: str) -> Function | Problem:
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # as Python counts lines
    tree = tree_of(text)
    if isinstance(tree, Problem):
        return tree
    functions = {item.name: item for item in tree.body if isinstance(item, ast.FunctionDef)}
    lines = text.split("\n")
    found = functions.get(name)
    if found is None:
        if (other := next((item for item in tree.body if _awaits(item, name)), None)) is not None:
            hint = "write `def`, and inside of it asyncio.run(...) of what has to be awaited"
            message = f"`{name}` is an `async def`, and nothing awaits what a step returns"
            return Problem("unknown-function", message, other.lineno, 1, hint)
        hint = did_you_mean(name, functions) or "define it at the top level of the file"
        if twice := next(filter(None, (_twice(tree, each) for each in functions)), None):
            hint = f"`{twice[1].name}` is defined twice there: is one of them meant? {hint}"
        return Problem("unknown-function", NOT_THERE.format(name), 1, 1, hint)
    if (twice := _twice(tree, name)) is not None:
        first, second = twice
        message = f"`{name}` is defined in line {first.lineno} already, with other inputs"
        line, hint = second.lineno, "give one of them another name: Python keeps the last"
        return Problem("unknown-function", message, line, second.col_offset + 1, hint)
    source = source_of(lines, found)
    ports = list(_ports(found))
    problems = [item for item in ports if isinstance(item, Problem)]
    known = [item for item in ports if not isinstance(item, Problem)]
    problems += problems_of(tree, found, source)
    return Function(
        name=name,
        line=found.lineno,
        source=source,
        description=(ast.get_docstring(found) or "").partition("\n")[0],
        inputs=MappingProxyType({port.name: port for side, port in known if side == "input"}),
        outputs=MappingProxyType({port.name: port for side, port in known if side == "output"}),
        imports=tuple(imports_of(found)),
        takes=_names(found.args),
        embeds=tuple(port.name for side, port in known if side == "embedded"),
        problems=tuple(
            sorted(
                (in_characters(problem, lines) for problem in problems),
                key=lambda problem: (problem.line, problem.column),
            )
        ),
    )


def _twice(tree: ast.Module, name: str) -> tuple[ast.FunctionDef, ast.FunctionDef] | None:
    """The first of a name, and the last, where that takes something else: the same may be so on
    purpose."""
    every = [e for e in tree.body if isinstance(e, ast.FunctionDef) and e.name == name]
    takes = [ast.dump(each.args) for each in every]
    plain = not any(each.decorator_list for each in every)
    return (every[0], every[-1]) if plain and takes[0] != takes[-1] else None


def _awaits(item: ast.stmt, name: str) -> bool:
    return isinstance(item, ast.AsyncFunctionDef) and item.name == name


def _ports(function: ast.FunctionDef) -> Iterator[tuple[str, Port] | Problem]:
    arguments = function.args
    for many in (arguments.vararg, arguments.kwarg):
        if many is not None:
            yield _unreadable(many, f"`*{many.arg}` says nothing of its inputs")
    for only in arguments.posonlyargs:
        yield _unreadable(only, f"`{only.arg}` can't be given by its name, as KFP does")
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults += arguments.defaults
    pairs = [*zip(positional, defaults, strict=True)]
    pairs += [*zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    for argument, default in pairs:
        yield _argument(argument, default)
    if function.returns is not None and not _nothing(function.returns):
        yield from _returned(function.returns)


def _names(arguments: ast.arguments) -> tuple[str, ...]:
    """Those of all arguments; none where it takes any."""
    if arguments.vararg is not None or arguments.kwarg is not None:
        return ()
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return tuple(each.arg for each in every)


def _argument(argument: ast.arg, default: ast.expr | None) -> tuple[str, Port] | Problem:
    name = argument.arg
    if name == SINGLE_OUTPUT:
        return _unreadable(argument, "`Output` is the name of what a function returns")
    if name.startswith(RESERVED):
        return _unreadable(argument, f"`{name}`: names that start with {RESERVED} are exai's own")
    if wrong := FIELD.wrong(name):
        return _unreadable(argument, f"`{name}`: {wrong}")
    if argument.annotation is None:
        return _unreadable(argument, f"`{name}` has no annotation")
    found = meaning(argument.annotation)
    if found is None:
        written = ast.unparse(argument.annotation)
        return _unreadable(argument.annotation, f"`{name}: {written}` is no type that a step takes")
    value: Json = None
    if default is not None:
        try:
            value = plain_default(default, found.type)
        except NotPlain as wrong:
            return _unreadable(default, f"the default of `{name}` {wrong}")
        if found.type[:1].isupper() and value is not None:
            return _unreadable(default, f"the artifact `{name}` can have no default but None")
    if found.side != "input":
        return found.side, _port(name, found)
    optional = default is not None or (found.optional and found.type == "final-status")
    return found.side, _port(name, found, optional=optional, default=value)


def _returned(annotation: ast.expr) -> Iterator[tuple[str, Port] | Problem]:
    """`-> T` is the output `Output`; a NamedTuple has one for each of its fields."""
    if isinstance(annotation, ast.Call) and ast.unparse(annotation.func) == "NamedTuple":
        fields = _fields(annotation)
        if fields is None:
            yield _unreadable(annotation, "this NamedTuple can't be read")
            return
    else:
        fields = [(SINGLE_OUTPUT, annotation)]
    for name, of in fields:
        found = meaning(of)
        if found is None or found.side != "input" or found.optional:
            yield _unreadable(of, f"`{ast.unparse(of)}` is no type that a step gives")
        elif wrong := FIELD.wrong(name):
            yield _unreadable(of, f"`{name}`: {wrong}")
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
        many=found.many,
    )


def _nothing(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Constant) and annotation.value is None


def _unreadable(at: ast.expr | ast.arg, message: str) -> Problem:
    return Problem("unreadable-annotation", message, at.lineno, at.col_offset + 1, _ANNOTATION_HINT)
