"""The inputs and outputs of a user's own `component.yaml`, with the names and the types that KFP's
SDK makes of what is written (`from_v1_component_spec` in kfp/dsl/structures.py).

In: a document. Out: ports by the name that the file has for each, and diagnostics. A name that is
none here gets the SDK's: `Label column` is `label_column`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import cast

from exai_compiler.catalog import Port, default_of
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import Document, Path
from exai_specs.frozen import Json
from exai_specs.names import FIELD
from exai_specs.nearest import did_you_mean
from exai_specs.types import ARTIFACT_TYPES, Scalar, is_artifact, mismatch
from exai_specs.values import replace

CODE = "bad-component"

# KFP's names of types, in lower case (PARAMETER_TYPES_MAPPING of kfp/dsl/types/type_utils.py).
_PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("string", "str", "text"), "string"),
        **dict.fromkeys(("integer", "int"), "integer"),
        **dict.fromkeys(("double", "float"), "double"),
        **dict.fromkeys(("bool", "boolean"), "boolean"),
        **dict.fromkeys(("list", "jsonarray"), "list"),
        **dict.fromkeys(("dict", "jsonobject"), "struct"),
    }
)
_ARTIFACTS: Mapping[str, str] = MappingProxyType({name.lower(): name for name in ARTIFACT_TYPES})
_KNOWN = ("String", "Integer", "Float", "Boolean", "JsonArray", "JsonObject", *ARTIFACT_TYPES)
_STATUS = "PipelineTaskFinalStatus"
_GENERIC = re.compile(r"(typing\.)?(List|Dict)(\[.*\])?", re.IGNORECASE)

Ports = Mapping[str, Port]


def ports(document: Document, field: str) -> tuple[Ports, tuple[Diagnostic, ...]]:
    """The ports of `inputs` or `outputs`, by what the file calls them; those whose type can't be
    told have "" for it."""
    found: dict[str, Port] = {}
    problems: list[Diagnostic] = []
    items = cast(tuple[Mapping[str, Json], ...], document.value.get(field, ()))
    for index, item in enumerate(items):
        port = _port(item, field)
        others = {other.name for other in found.values()}
        problems += _wrong_port(document, (field, index), item, port, others)
        # Of two of one name nobody can tell which is meant.
        found[str(item["name"])] = port if port.name not in others else replace(port, type="")
    return MappingProxyType(found), tuple(problems)


def are_told(document: Document, field: str, found: Ports) -> bool:
    """Whether the names of a side are known: where two get the same, one of them may have been
    meant as any other, and that is told."""
    return len(by_name(found)) == len(cast(tuple[Json, ...], document.value.get(field, ())))


def by_name(found: Ports) -> Ports:
    """The same by the names that a step has for them."""
    return MappingProxyType({port.name: port for port in found.values()})


def renamed(value: Json, inputs: Ports, outputs: Ports) -> Json:
    """Arguments whose placeholders have these names."""
    if isinstance(value, tuple):
        return tuple(renamed(each, inputs, outputs) for each in value)
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Json] = {}
    for word, inner in value.items():
        sides = outputs if word.startswith("output") else inputs
        port = sides.get(inner) if word in _NAMING and isinstance(inner, str) else None
        found[word] = renamed(inner, inputs, outputs) if port is None else port.name
    return MappingProxyType(found)


_NAMING = ("inputValue", "inputPath", "inputUri", "outputPath", "outputUri", "isPresent")


def _port(item: Mapping[str, Json], field: str) -> Port:
    type_ = _type(item.get("type", "Artifact"), field)
    return Port(
        name=_name(str(item["name"])),
        type=type_,
        optional=bool(item.get("optional", False)) or "default" in item or type_ == "final-status",
        default=item.get("default"),
        description=str(item.get("description", "")),
    )


def _name(written: str) -> str:
    if FIELD.wrong(written) is None:
        return written
    made = re.sub("[^_0-9a-z]+", "_", written.lower()).strip("_")
    return made if FIELD.wrong(made) is None else written


def _type(written: Json, field: str) -> str:
    """The language's name of a type; "" for what is none."""
    name = str(written)
    if generic := _GENERIC.fullmatch(name):
        return _PARAMETERS[generic[2].lower()]
    if name == _STATUS and field == "inputs":
        return "final-status"
    bare = name.removesuffix("@0.0.1").removeprefix("system.")
    found = _PARAMETERS.get(name.lower()) or _ARTIFACTS.get(bare.lower())
    return found or (name.removesuffix("@0.0.1") if "." in name else "")


def _wrong_port(
    document: Document, path: Path, item: Mapping[str, Json], port: Port, others: set[str]
) -> Iterator[Diagnostic]:
    if wrong := FIELD.wrong(port.name):
        hint = f"for example {FIELD.suggest(port.name)}"
        yield Diagnostic(CODE, f"`{port.name}`: {wrong}", document.at((*path, "name")), hint=hint)
    elif port.name in others:
        message = f"there is another one called `{port.name}`"
        yield Diagnostic(CODE, message, document.at((*path, "name")), hint="rename one of them")
    if not port.type:
        hint = did_you_mean(str(item.get("type")), _KNOWN)
        message = f"`{item.get('type')}` is no type of Kubeflow Pipelines"
        yield Diagnostic(CODE, message, document.at((*path, "type")), hint=hint)
    elif "default" in item and (_has_none(port) or _misfit(port)):
        message = f"this default is no {port.type}"
        hint = "an artifact can have none" if is_artifact(port.type) else "write it as JSON"
        yield Diagnostic(CODE, message, document.at((*path, "default")), hint=hint)


def _has_none(port: Port) -> bool:
    return is_artifact(port.type) or port.type == "final-status"


def _misfit(port: Port) -> bool:
    try:
        value = default_of(port)
    except ValueError:
        return True
    return mismatch(value, Scalar(port.type)) is not None
