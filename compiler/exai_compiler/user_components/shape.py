"""The shape of a `component.yaml`: which keys stand where, and what they hold
(kfp/dsl/v1_structures.py).

In: a document. Out: diagnostics at the key or the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import Document, Path
from exai_specs.frozen import Json
from exai_specs.nearest import did_you_mean, nearest
from exai_specs.types import called

CODE = "bad-component"

# A key -> what it holds, and whether it has to be there.
Shape = Mapping[str, tuple[str, bool]]
_ROOT: Shape = MappingProxyType(
    {
        "name": ("text", False),
        "description": ("text", False),
        "metadata": ("mapping", False),
        "inputs": ("list", False),
        "outputs": ("list", False),
        "implementation": ("mapping", True),
        "version": ("text", False),
    }
)
_METADATA: Shape = MappingProxyType({"annotations": ("texts", False), "labels": ("texts", False)})
_OUTPUT: Shape = MappingProxyType(
    {
        "name": ("text", True),
        "type": ("text", False),
        "description": ("text", False),
        "annotations": ("mapping", False),
    }
)
_INPUT: Shape = MappingProxyType(
    {**_OUTPUT, "default": ("any", False), "optional": ("flag", False)}
)
_IMPLEMENTATION: Shape = MappingProxyType({"container": ("mapping", True)})
_CONTAINER: Shape = MappingProxyType(
    {
        "image": ("text", True),
        "command": ("list", False),
        "args": ("list", False),
        "env": ("texts", False),
    }
)
_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "fileOutputs": "write {outputPath: NAME} among the args",
        "graph": "write the steps of a graph in a Pipeline",
        "components": "this is a compiled pipeline; write the component's first form",
        "deploymentSpec": "this is a compiled pipeline; write the component's first form",
    }
)
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "text": "text",
        "flag": "true or false",
        "list": "a list",
        "mapping": "a mapping",
        "texts": "a mapping of names to text",
        "any": "a value",
    }
)


def wrong_shape(document: Document) -> Iterator[tuple[Diagnostic, str]]:
    """Unknown and missing keys, and values of another shape; each with the part of the document
    that can't be read for it, "" where a key too many is all that is wrong."""
    value = document.value
    yield from _block(document, (), value, _ROOT)
    yield from _block(document, ("metadata",), value.get("metadata"), _METADATA)
    for field, shape in (("inputs", _INPUT), ("outputs", _OUTPUT)):
        items = value.get(field)
        for index, item in enumerate(items if isinstance(items, tuple) else ()):
            if isinstance(item, Mapping):
                yield from _block(document, (field, index), item, shape)
            else:
                yield _wrong(document, (field, index), "must be a mapping, with a name"), field
    implementation = value.get("implementation")
    path: Path = ("implementation",)
    yield from _block(document, path, implementation, _IMPLEMENTATION)
    if isinstance(implementation, Mapping):
        path = (*path, "container")
        yield from _block(document, path, implementation.get("container"), _CONTAINER)


def _block(
    document: Document, path: Path, value: Json, shape: Shape
) -> Iterator[tuple[Diagnostic, str]]:
    if not isinstance(value, Mapping):
        return
    for key, item in value.items():
        if key not in shape:
            hint = _HINTS.get(key) or did_you_mean(key, shape)
            message = f"a component has no `{key}` here"
            at = document.key_at((*path, key))
            meant = nearest(key, shape) or ""
            lost = _part(path, meant) if meant and meant not in value else ""
            yield Diagnostic(CODE, message, at, hint=hint), lost
        elif not _fits(item, shape[key][0]):
            words = _WORDS[shape[key][0]]
            wrong = f"must be {words}, not {called(item)}"
            yield _wrong(document, (*path, key), wrong), _part(path, key)
    missing = [key for key, (_, needed) in shape.items() if needed and key not in value]
    misspelt = {nearest(key, shape) for key in value if key not in shape} if missing else ()
    for key in missing:
        if key not in misspelt:  # else it is told at its place
            yield _wrong(document, path, f"has no `{key}`", f"add `{key}`"), _part(path, key)


def _part(path: Path, key: str) -> str:
    """What can't be read for this: a field of the container, or a whole field of the component."""
    if len(path) > 1 and path[1] == "container":
        return key
    return str(path[0]) if path else key


def _fits(value: Json, shape: str) -> bool:
    match shape:
        case "text":
            return isinstance(value, str)
        case "flag":
            return isinstance(value, bool)
        case "list":
            return isinstance(value, tuple)
        case "mapping":
            return isinstance(value, Mapping)
        case "texts":
            return isinstance(value, Mapping) and all(isinstance(v, str) for v in value.values())
    return value is not None


def _wrong(document: Document, path: Path, what: str, hint: str = "") -> Diagnostic:
    name = ".".join(str(part) for part in path) or "the component"
    hint = hint or "see a component of exai's own, or Kubeflow Pipelines' component.yaml"
    return Diagnostic(CODE, f"{name} {what}", document.at(path), hint=hint)
