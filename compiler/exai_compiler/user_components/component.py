"""A user's own `component.yaml`: KFP's first form, read strictly, with a place for what is wrong.

In: the text of the file and its path. Out: a `Component`, or diagnostics inside the file. KFP's
loader takes unknown keys, unknown types and placeholders of nothing in silence; here each is told.
exai's annotations are optional. Never: reads or runs anything.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import cast

from exai_compiler.catalog import Component, Effects, Port
from exai_compiler.image_names import wrong_image
from exai_compiler.user_components.annotations import noted
from exai_compiler.user_components.arguments import wrong_arguments
from exai_compiler.user_components.shape import wrong_shape
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.documents import Document, Path, read
from exai_specs.frozen import Json, digest
from exai_specs.names import FIELD
from exai_specs.nearest import did_you_mean
from exai_specs.types import ARTIFACT_TYPES, Scalar, is_artifact, mismatch

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


def component_file(document: str, uses: str) -> str:
    """The path from exai.yaml's folder of a file that `uses` names, relative to the document."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(document), uses))


@lru_cache(maxsize=1024)
def read_component(text: str, path: str) -> Component | tuple[Diagnostic, ...]:
    """The component of a file, or all that is wrong with it."""
    documents, problems = read(text, path, "name, inputs, outputs and implementation")
    if problems:
        return problems
    if len(documents) != 1:
        hint = "one component to a file"
        return (Diagnostic(CODE, "this file must hold one document", Span(path), hint=hint),)
    (document,) = documents
    if wrong := tuple(wrong_shape(document)):
        return wrong
    inputs, wrong_inputs = _ports(document, "inputs")
    outputs, wrong_outputs = _ports(document, "outputs")
    notes, wrong_notes = noted(document, inputs, outputs)
    found = (*wrong_inputs, *wrong_outputs, *wrong_notes)
    found = (*found, *wrong_arguments(document, inputs, outputs), *_wrong_image(document))
    if found:
        return found
    value = document.value
    implementation = cast(Mapping[str, Json], value["implementation"])
    container = cast(Mapping[str, Json], implementation["container"])
    version = digest({k: v for k, v in value.items() if k != "description"})[:12]
    if notes.version:  # where it lies means nothing: its own name says whose it is
        version = f"{value.get('name', '')}@{notes.version}"
    return Component(
        # No name of exai's own can be taken: what is known of those isn't true of others.
        name=path,
        version=version,
        effects=cast(Effects, notes.effects),
        description=str(value.get("description", "")),
        inputs=notes.refined(inputs),
        outputs=notes.refined(outputs),
        refs=notes.refs,
        filled=(),
        metrics=notes.metrics,
        image=str(container["image"]),
        command=cast(tuple[Json, ...], container.get("command", ())),
        args=cast(tuple[Json, ...], container.get("args", ())),
        limits=notes.limits,
        env=cast(Mapping[str, str], container.get("env", MappingProxyType({}))),
    )


def _wrong_image(document: Document) -> Iterator[Diagnostic]:
    path: Path = ("implementation", "container", "image")
    container = cast(Mapping[str, Mapping[str, Json]], document.value["implementation"])
    if (found := wrong_image(str(container["container"]["image"]))) is not None:
        why, hint = found
        yield Diagnostic(CODE, why, document.at(path), hint=hint)


def _ports(document: Document, field: str) -> tuple[Mapping[str, Port], tuple[Diagnostic, ...]]:
    found: dict[str, Port] = {}
    problems: list[Diagnostic] = []
    items = cast(tuple[Mapping[str, Json], ...], document.value.get(field, ()))
    for index, item in enumerate(items):
        port = _port(item)
        problems += _wrong_port(document, (field, index), item, port, found)
        found[port.name] = port
    return MappingProxyType(found), tuple(problems)


def _port(item: Mapping[str, Json]) -> Port:
    return Port(
        name=str(item["name"]),
        type=_type(item.get("type", "Artifact")),
        optional=bool(item.get("optional", False)) or "default" in item,
        default=item.get("default"),
        description=str(item.get("description", "")),
    )


def _type(written: Json) -> str:
    """The language's name of a type; "" for what is none."""
    name = str(written)
    bare = name.removesuffix("@0.0.1").removeprefix("system.")
    found = _PARAMETERS.get(name.lower()) or _ARTIFACTS.get(bare.lower())
    return found or (name.removesuffix("@0.0.1") if "." in name else "")


def _wrong_port(
    document: Document, path: Path, item: Mapping[str, Json], port: Port, others: Mapping[str, Port]
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
    elif "default" in item and (is_artifact(port.type) or _misfit(port)):
        message = f"this default is no {port.type}"
        hint = "an artifact can have none" if is_artifact(port.type) else "write it as JSON"
        yield Diagnostic(CODE, message, document.at((*path, "default")), hint=hint)


def _misfit(port: Port) -> bool:
    """Files of the first form hold defaults as text of JSON, or as they are."""
    import json

    value = port.default
    if isinstance(value, str) and port.type != "string":
        try:
            value = json.loads(value.lower() if port.type == "boolean" else value)
        except ValueError:
            return True
    return mismatch(value, Scalar(port.type)) is not None
