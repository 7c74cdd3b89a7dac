"""What an annotation says of an input or output, as KFP reads it (kfp/dsl/component_factory.py and
kfp/dsl/types/type_annotations.py).

In: the expression of an annotation. Out: a `Meaning`, or None for one that has none. Never:
evaluates anything.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from exai_specs.frozen import Json

PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "str": "string",
        "int": "integer",
        "float": "double",
        "bool": "boolean",
        "list": "list",
        "List": "list",
        "dict": "struct",
        "Dict": "struct",
    }
)
ARTIFACTS = frozenset(
    (
        *("Artifact", "Dataset", "Model", "Metrics", "ClassificationMetrics"),
        *("SlicedClassificationMetrics", "HTML", "Markdown"),
    )
)
_SIDES: Mapping[str, Literal["input", "output"]] = MappingProxyType(
    {"Input": "input", "InputPath": "input", "Output": "output", "OutputPath": "output"}
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """`type` is one of the language; `refined` what is inside a list, as JSON."""

    type: str
    side: Literal["input", "output"] = "input"
    optional: bool = False
    refined: Json = None


def meaning(annotation: ast.expr) -> Meaning | None:
    """The meaning of `int`, `Optional[int]`, `List[str]`, `Input[Dataset]`, `OutputPath(str)`."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return meaning(ast.parse(annotation.value, mode="eval").body)
        except SyntaxError:
            return None
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        sides = [annotation.left, annotation.right]
        found = [side for side in sides if not _is_none(side)]
        return _optional(meaning(found[0])) if len(found) == 1 else None
    if isinstance(annotation, ast.Call):
        return _path(annotation)
    if isinstance(annotation, ast.Subscript):
        return _subscript(annotation)
    name = last_name(annotation)
    if name in PARAMETERS:
        return Meaning(PARAMETERS[name])
    return Meaning(name) if name in ARTIFACTS else None


def last_name(expression: ast.expr) -> str:
    """`Dataset` of `Dataset` and of `dsl.Dataset`; "" for anything else."""
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _subscript(annotation: ast.Subscript) -> Meaning | None:
    name, inner = last_name(annotation.value), annotation.slice
    if name == "Optional":
        return _optional(meaning(inner))
    if name in ("Input", "Output"):
        artifact = last_name(inner)
        return Meaning(artifact, _SIDES[name]) if artifact in ARTIFACTS else None
    if name in ("list", "List"):
        item = meaning(inner)
        if item is None or item.type[:1].isupper():
            return None
        refined = item.refined if item.refined is not None else item.type
        return Meaning("list", refined=MappingProxyType({"list": refined}))
    return Meaning("struct") if name in ("dict", "Dict") else None


def _path(annotation: ast.Call) -> Meaning | None:
    """`InputPath(str)` and its like: the value or artifact is a file."""
    side = _SIDES.get(last_name(annotation.func))
    if side is None or annotation.keywords or len(annotation.args) > 1:
        return None
    if not annotation.args:
        return Meaning("Artifact", side)
    (argument,) = annotation.args
    if isinstance(argument, ast.Constant) and argument.value in ARTIFACTS:
        return Meaning(str(argument.value), side)
    found = meaning(argument)
    return replace(found, side=side) if found is not None else None


def _optional(found: Meaning | None) -> Meaning | None:
    return replace(found, optional=True) if found is not None else None


def _is_none(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and expression.value is None
