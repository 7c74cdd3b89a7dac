"""An import step as a component (LANGUAGE section 6.2).

In: the spec of a step, the types of what it is given. Out: the values that become its inputs, and a
`Component` whose `importer` is KFP's ImporterSpec. As the SDK does it (kfp/dsl/importer_node.py),
the address is the input `uri`, and each reference in the metadata an input of its own: `metadata`,
`metadata-2`, ...
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.catalog import Component, Port
from exai_specs.expressions import (
    ExpressionError,
    Reference,
    has_expression,
    parse_text,
)
from exai_specs.frozen import Json, digest
from exai_specs.kinds.step_parts import Import

NAME = "import"
URI, METADATA, ARTIFACT = "uri", "metadata", "artifact"


def importer_values(spec: Import) -> Mapping[str, tuple[tuple[str | int, ...], str]]:
    """The inputs: where each stands below `import`, and its text."""
    found: dict[str, tuple[tuple[str | int, ...], str]] = {URI: ((URI,), spec.uri)}
    for written, (path, name) in _references(spec).items():
        found[name] = (path, written if has_expression(written) else f"${{{{ {written} }}}}")
    return MappingProxyType(found)


def importer_component(spec: Import, inputs: Mapping[str, Port]) -> Component:
    """The component, with inputs of the types of what they are given."""
    title = str(spec.type)
    importer: dict[str, Json] = {
        "artifactUri": {"runtimeParameter": URI}
        if has_expression(spec.uri)
        else {"constant": spec.uri},
        "typeSchema": {
            "schemaTitle": title if "." in title else f"system.{title}",
            "schemaVersion": "0.0.1",
        },
    }
    if spec.metadata:
        names = {written: name for written, (_, name) in _references(spec).items()}
        importer["metadata"] = _placed(spec.metadata, names)
    if spec.reimport:
        importer["reimport"] = True
    version = digest(importer)[:12]
    if spec.to_workspace:
        importer["downloadToWorkspace"] = True
    return Component(
        name=NAME,
        version=version,
        effects="none",
        description="",
        inputs=MappingProxyType({**inputs, URI: Port(URI, "string")}),
        outputs=MappingProxyType({ARTIFACT: Port(ARTIFACT, title)}),
        refs=MappingProxyType({}),
        filled=(),
        metrics=MappingProxyType({}),
        image="",
        command=(),
        args=(),
        limits=MappingProxyType({}),
        importer=importer,
    )


def _references(spec: Import) -> Mapping[str, tuple[tuple[str | int, ...], str]]:
    """Every reference in the metadata once: the path of the text, and its input's name. A text that
    can't be read stands as it is, for the checks.
    """
    found: dict[str, tuple[tuple[str | int, ...], str]] = {}
    for path, text in _texts(spec.metadata, (METADATA,)):
        for written in _written(text):
            if written not in found:
                number = len(found) + 1
                found[written] = (path, METADATA if number == 1 else f"{METADATA}-{number}")
    return found


def _written(text: str) -> tuple[str, ...]:
    try:
        expressions = [part.expression for part in parse_text(text).expressions]
    except ExpressionError:
        return (text,)
    if all(isinstance(expression, Reference) for expression in expressions):
        return tuple(str(expression) for expression in expressions)
    return (text,)


def _texts(
    value: Json, path: tuple[str | int, ...]
) -> tuple[tuple[tuple[str | int, ...], str], ...]:
    if isinstance(value, str):
        return ((path, value),) if has_expression(value) else ()
    items: tuple[tuple[str | int, Json], ...] = ()
    if isinstance(value, Mapping):
        items = tuple(value.items())
    elif isinstance(value, tuple):
        items = tuple(enumerate(value))
    return tuple(found for key, item in items for found in _texts(item, (*path, key)))


def _placed(value: Json, names: Mapping[str, str]) -> Json:
    """The metadata with KFP's placeholders where its references stand."""
    if isinstance(value, str) and has_expression(value):
        try:
            parts = parse_text(value).parts
        except ExpressionError:
            return value
        return "".join(
            part
            if isinstance(part, str)
            else f"{{{{$.inputs.parameters['{names.get(str(part.expression), '')}']}}}}"
            for part in parts
        )
    if isinstance(value, Mapping):
        return {key: _placed(item, names) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_placed(item, names) for item in value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
