"""What an annotation says of an input or output, as KFP reads it (kfp/dsl/component_factory.py when
a pipeline is made, `Executor.execute` of kfp/dsl/executor.py when it runs).

In: the expression of an annotation. Out: a `Meaning`, or None for one that has none. Never:
evaluates anything. Names mean what they mean in the program that embeds the function (`from
kfp.dsl import *`, `from typing import *`), whatever the user's file imports.
"""

from __future__ import annotations

import ast
import typing
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from exai_specs.frozen import Json
from exai_specs.types import ARTIFACT_TYPES
from exai_specs.values import frozen, replace

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
ARTIFACTS = frozenset(ARTIFACT_TYPES)
Side = Literal["input", "output", "embedded"]
_SIDES: Mapping[str, Side] = MappingProxyType(
    {
        "Input": "input",
        "InputPath": "input",
        "Output": "output",
        "OutputPath": "output",
        "EmbeddedInput": "embedded",
    }
)


@frozen
class Meaning:
    """`type` is one of the language; `refined` what is inside a list, as JSON; `many`: a list of
    such artifacts.
    """

    type: str
    many: bool = False
    side: Side = "input"
    optional: bool = False
    refined: Json = None


def meaning(annotation: ast.expr) -> Meaning | None:
    """The meaning of `int`, `Optional[int]`, `List[str]`, `Input[Dataset]`, `OutputPath(str)`."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return _quoted(annotation.value)
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        # KFP strips None from the right side alone (maybe_strip_optional_from_annotation).
        return _optional(meaning(annotation.left)) if _is_none(annotation.right) else None
    if isinstance(annotation, ast.Call):
        return _path(annotation)
    if isinstance(annotation, ast.Subscript):
        return _subscript(annotation)
    if isinstance(annotation, ast.Name) and annotation.id in PARAMETERS:
        return Meaning(PARAMETERS[annotation.id])
    name = kfp_name(annotation)
    if name == "PipelineTaskFinalStatus":
        return Meaning("final-status", optional=True)
    return Meaning(name) if name in ARTIFACTS else None


def kfp_name(expression: ast.expr) -> str:
    """`Dataset` of `Dataset`, `dsl.Dataset` and `kfp.dsl.Dataset`; "" for anything else."""
    match expression:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="dsl"), attr=name):
            return name
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="kfp"), attr="dsl"), attr=name):
            return name
    return ""


def _quoted(text: str) -> Meaning | None:
    """KFP's executor reads the name of a parameter's type in quotes, and nothing else."""
    try:
        inner = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    outer = inner.value if isinstance(inner, ast.Subscript) else inner
    if isinstance(outer, ast.Name) and outer.id in PARAMETERS:
        return meaning(inner)
    return None


def _subscript(annotation: ast.Subscript) -> Meaning | None:
    marker, inner = kfp_name(annotation.value), annotation.slice
    if marker in ("Input", "Output", "EmbeddedInput"):
        listed = isinstance(inner, ast.Subscript) and _is_list(inner.value)
        artifact = kfp_name(inner.slice if listed and isinstance(inner, ast.Subscript) else inner)
        # KFP has components that take lists of artifacts, and none that make one.
        if artifact not in ARTIFACTS or (listed and marker != "Input"):
            return None
        return Meaning(artifact, listed, _SIDES[marker])
    name = annotation.value.id if isinstance(annotation.value, ast.Name) else ""
    if name == "Optional":
        return _optional(meaning(inner))
    if PARAMETERS.get(name) not in ("list", "struct") or not _of_values(inner):
        return None
    item = meaning(inner) if PARAMETERS[name] == "list" else None
    if item is None:  # a struct, or List[Any]
        return Meaning(PARAMETERS[name])
    refined = item.refined if item.refined is not None else item.type
    return Meaning("list", refined=MappingProxyType({"list": refined}))


def _is_list(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Name) and expression.id in ("list", "List")


def _of_values(inner: ast.expr) -> bool:
    """Whether the brackets of a list or dict name values alone, known where the function runs."""
    allowed = (ast.Subscript, ast.Tuple, ast.List, ast.BinOp, ast.BitOr, ast.Constant, ast.Load)
    return all(
        node.id in PARAMETERS or node.id in typing.__all__
        if isinstance(node, ast.Name)
        else isinstance(node, allowed)
        for node in ast.walk(inner)
    )


def _path(annotation: ast.Call) -> Meaning | None:
    """`InputPath(str)` and its like: the value or artifact is a file."""
    side = _SIDES.get(kfp_name(annotation.func))
    if side is None or side == "embedded" or annotation.keywords or len(annotation.args) > 1:
        return None
    if not annotation.args:
        return Meaning("Artifact", side=side)
    (argument,) = annotation.args
    if isinstance(argument, ast.Constant) and argument.value in ARTIFACTS:
        return Meaning(str(argument.value), side=side)
    found = meaning(argument)
    # A value has no file: the executor would look for an artifact (get_input_artifact_path).
    if found is None or (side == "input" and found.type not in ARTIFACTS):
        return None
    return replace(found, side=side)


def _optional(found: Meaning | None) -> Meaning | None:
    return replace(found, optional=True) if found is not None else None


def _is_none(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and expression.value is None
