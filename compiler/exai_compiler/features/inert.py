"""Generated Python may declare, and nothing else.

In: the text of a generated file. Out: nothing, or ValueError. Allowed are imports of known names
from known modules, and assignments of calls of known functions whose arguments are constants, names
from before, and lists, mappings and such calls of these. Anything else is a bug of `files`.

What a text says and what its variables are called makes no difference to that, so a project's
thousands of texts are held as the few shapes that they have.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import lru_cache

from exai_compiler.features.naming import FEAST_TYPES, VALUE_TYPES
from exai_specs.regexes import regex

_POSTGRES = "feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source"

# What may be imported from where.
_MODULES: Mapping[str, str] = {
    "datetime": "timedelta",
    "exai_sources": r"source_\w+",
    "feast": (
        "Entity|FeatureService|FeatureView|Field|FileSource|KafkaSource|PushSource|RequestSource"
    ),
    "feast.aggregation": "Aggregation",
    "feast.data_format": "AvroFormat|JsonFormat|ParquetFormat|ProtoFormat",
    "feast.feature_logging": "LoggingConfig",
    "feast.infra.offline_stores.file_source": "FileLoggingDestination",
    "feast.on_demand_feature_view": "OnDemandFeatureView",
    "feast.stream_feature_view": "StreamFeatureView",
    "feast.types": "|".join(["Array", "Map", "Struct", *FEAST_TYPES.values()]),
    "feast.value_type": "ValueType",
    "inspect": "getsource",
    _POSTGRES: "PostgreSQLSource",
}
_TRANSFORM = regex(r"transforms(\.\w+_view)?", re.ASCII)
_CALLS = frozenset(
    {
        *("Array", "Struct", "ParquetFormat", "getsource", "timedelta"),
        *("Entity", "Field", "FeatureView", "FeatureService", "OnDemandFeatureView"),
        *("FileSource", "PostgreSQLSource", "PushSource", "RequestSource"),
        *("Aggregation", "AvroFormat", "JsonFormat", "KafkaSource", "ProtoFormat"),
        *("FileLoggingDestination", "LoggingConfig", "StreamFeatureView"),
    }
)
_CONSTANTS = (str, int, float, bool)
_VALUE_TYPES = frozenset(VALUE_TYPES.values())
_THINGS = "entity|source|push|stream|request|view|transform|service"
_VARIABLE = regex(rf"({_THINGS})_\w+", re.ASCII)
# Texts, one after the other, as Python itself reads them where `_shape` lets a program pass.
_TEXT = regex(
    r'"""[^"\\]*"""|"(?!"")[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    r"|'(?!'')[^'\\\n]*(?:\\.[^'\\\n]*)*'",
)
# Within a longer word, too: the same words stay the same, others others, and no search takes longer
# than one for letters.
_NAMED = regex(rf"((?:{_THINGS})_\w+)", re.ASCII)
_BLANK = "'_'"


def hold_to_declarations(text: str) -> None:
    """Raises ValueError, with the line, for anything but declarations."""
    try:
        _hold_all(_shape(text))
    except ValueError:
        _hold_all(text)


def _shape(text: str) -> str:
    """The same program with other texts, its variables numbered; or the text itself, where that
    can't be told without a parser.
    """
    blank = _TEXT.sub(_BLANK, text)
    # Comments, ends of lines that are none, other quotes, letters that Python takes for others.
    rest = blank.replace(_BLANK, "")
    if not rest.isascii() or "#" in rest or "\\" in rest or '"' in rest or "'" in rest:
        return text
    names: dict[str, str] = {}
    parts = _NAMED.split(blank)  # every second one is a variable
    parts[1::2] = [
        names.setdefault(one, f"{one.partition('_')[0]}_{len(names)}") for one in parts[1::2]
    ]
    return "".join(parts)


@lru_cache(maxsize=256)
def _hold_all(text: str) -> None:
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"generated Python doesn't parse: {error}") from None
    known: set[str] = set()
    for index, statement in enumerate(statements):
        match statement:
            case ast.Expr(value=ast.Constant(value=str())) if index == 0:
                pass
            case ast.ImportFrom(module=str(module), names=names, level=0):
                known |= {_imported(module, alias, statement) for alias in names}
            case ast.Assign(targets=[ast.Name(id=variable)], value=ast.Call() as call) if (
                _VARIABLE.fullmatch(variable) and variable not in known
            ):
                _hold(call, known)
                known.add(variable)
            case _:
                raise _refused(statement)


def _imported(module: str, alias: ast.alias, statement: ast.stmt) -> str:
    if _TRANSFORM.fullmatch(module) and alias.asname:
        if re.fullmatch(r"(function|module)_\w+", alias.asname, re.ASCII):
            return alias.asname
    elif alias.asname is None and re.fullmatch(_MODULES.get(module, "(?!)"), alias.name):
        return alias.name
    raise _refused(statement)


def _hold(node: ast.expr, known: set[str]) -> None:
    match node:
        case ast.Call(func=function, args=args, keywords=keywords):
            if not isinstance(function, ast.Name) or function.id not in _CALLS & known:
                raise _refused(node)
            parts = [*args, *(each.value for each in keywords)]
            fine = all(each.arg is not None for each in keywords)
        case ast.List(elts=items):
            parts, fine = items, True
        case ast.Dict(keys=keys, values=items):
            parts, fine = items, all(map(_is_constant, keys))
        case ast.Subscript(value=ast.Name() as taken, slice=ast.List(elts=items)):
            parts, fine = [taken], all(map(_is_constant, items))
        case ast.Attribute(value=ast.Name(id="ValueType"), attr=attribute):
            parts, fine = [], attribute in _VALUE_TYPES
        case ast.Name(id=name):
            parts, fine = [], name in known
        case _:
            parts, fine = [], _is_constant(node)
    if not fine:
        raise _refused(node)
    for part in parts:
        _hold(part, known)


def _is_constant(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in _CONSTANTS


def _refused(node: ast.stmt | ast.expr) -> ValueError:
    found = f"line {node.lineno}: {ast.unparse(node)}"
    return ValueError(f"generated Python may only declare, but {found}")
