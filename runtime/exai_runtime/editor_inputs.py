"""What `with` takes under each of exai's own components, for editors.

In: the components, as the compiler's catalog has them. Out: rules of a JSON Schema, by the name
under `uses`. Never: what a user's own component takes, nor whether an input is missing: an overlay
may give it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from exai_compiler.catalog import Component, Limit, Port, default_of
from exai_compiler.graph import port_type
from exai_specs.frozen import thaw
from exai_specs.types import ListOf, Scalar, StructOf, Type, is_artifact

EXPRESSION: dict[str, Any] = {"type": "string", "pattern": r"\$\{\{"}
_NAME: dict[str, Any] = {"type": "string"}
_ANY = Limit()
_JSON = {
    "string": "string",
    "integer": "integer",
    "double": "number",
    "boolean": "boolean",
    "list": "array",
    "struct": "object",
}


def inputs_by_component(
    schema: dict[str, Any], block: str, components: Iterable[Component], *, trial: bool = False
) -> None:
    """Adds to a block with `uses` and `with` what stands there for each component. In a `trial` a
    Dataset may be named where a step has what another step makes."""
    definitions = schema["$defs"]
    for component in components:
        name = f"{block}.with.{component.name}"
        definitions[name] = _inputs(component, trial)
        definitions[block]["allOf"].append(
            {
                "if": {"properties": {"uses": {"const": component.name}}, "required": ["uses"]},
                "then": {"properties": {"with": {"$ref": f"#/$defs/{name}"}}},
            }
        )


def _inputs(component: Component, trial: bool) -> dict[str, Any]:
    ports = (port for port in component.inputs.values() if port.name not in component.filled)
    return {
        "type": "object",
        "properties": {port.name: _input(component, port, trial) for port in ports},
        "additionalProperties": False,
    }


def _input(component: Component, port: Port, trial: bool) -> dict[str, Any]:
    kind = component.refs.get(port.name)
    named = kind is not None or (trial and port.type == "Dataset")
    of = _NAME if named else _value(port_type(port), component.limits.get(port.name, _ANY))
    said = port.description or (f"The name of a {kind}" if kind else f"Its type: {port.type}")
    default = default_of(port)
    return {**of, "description": said, **({"default": thaw(default)} if default else {})}


def _value(type_: Type, limit: Limit = _ANY) -> dict[str, Any]:
    """A value of a type, or the text of an expression that gives one."""
    match type_:
        case Scalar(name) if is_artifact(name):
            return EXPRESSION
        case Scalar("string") if limit.enum:
            found: dict[str, Any] = {"type": "string", "enum": list(limit.enum)}
        case Scalar("string"):
            return _NAME
        case Scalar(name):
            found = {"type": _JSON[name]} if name in _JSON else {}
        case ListOf(item):
            found = {"type": "array", "items": _value(item)}
        case StructOf(fields):
            inside = {name: _value(each) for name, each in fields.items()}
            found = {"type": "object", "properties": inside, "additionalProperties": False}
        case _:
            found = {}
    if limit.above is not None:
        found["exclusiveMinimum"] = limit.above
    if limit.below is not None:
        found["exclusiveMaximum"] = limit.below
    return {"anyOf": [found, {"$ref": "#/$defs/expression"}]}
