"""The components that a step may use, as values.

In: texts of `component.yaml` files. Out: a `Catalog`. The files themselves are read by the
caller: exai's own and a user's enter by the same door. Their form is KFP's own v1 component
form with exai's annotations (version, effects, refs, types, filled, metrics, limits, converts).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, cast

from exai_specs.documents import read
from exai_specs.frozen import Json, freeze
from exai_specs.types import is_artifact
from exai_specs.values import field, frozen
from exai_specs.yaml_text import MAX_DEPTH

Effects = Literal["none", "reads-source", "reads-registry", "writes-registry"]

# KFP's v1 type names, and what they are in the language (LANGUAGE section 2.1).
PARAMETER_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "String": "string",
        "Integer": "integer",
        "Float": "double",
        "Boolean": "boolean",
        "JsonArray": "list",
        "JsonObject": "struct",
    }
)


@frozen
class Port:
    """An input or output.

    `type` is a parameter type of the language, or an artifact type: with a capital first letter or
    a dot.
    `refined` is the type inside a list or struct, as JSON (`{"struct": {"ntrees":
    "integer"}}`), or None. `many`: a list of such artifacts.
    """

    name: str
    type: str
    optional: bool = False
    default: Json = None
    description: str = ""
    refined: Json = None
    many: bool = False

    def __hash__(self) -> int:
        # Mappings have no hash; what is worked out of a port is kept for all its steps.
        return hash((self.name, self.type))

    @property
    def is_artifact(self) -> bool:
        return is_artifact(self.type)


@frozen
class Limit:
    """Which values of an input's type the component takes: the texts of `enum` where there are
    any, and numbers `above` and `below`, both exclusive.
    """

    enum: tuple[str, ...] = ()
    above: float | None = None
    below: float | None = None


@frozen
class Component:
    """One `component.yaml`.

    `refs`: inputs that name a document; `filled`: inputs that the compiler gives; `limits`: by
    input, what it takes beyond its type; `converts`: inputs inside which text becomes the value
    that it spells, by what the component knows; `env`: variables that its container has;
    `importer`: instead of a container, what KFP imports.
    """

    name: str
    version: str
    effects: Effects
    description: str
    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]
    refs: Mapping[str, str]
    filled: tuple[str, ...]
    metrics: Mapping[str, tuple[str, ...]]
    image: str
    command: tuple[Json, ...]
    args: tuple[Json, ...]
    limits: Mapping[str, Limit]
    converts: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    importer: Json = None

    def __hash__(self) -> int:
        # Mappings have no hash; what is rendered of a component is kept for all its steps.
        return hash((self.name, self.version))


@frozen
class Catalog:
    """All components, by the name that `uses:` takes; and the texts of the user's own files, Python
    and components, by their paths from exai.yaml's folder. `refused` are paths that can't be read,
    `modules` names that an `import` would find in the project; `pins` the digests of images that
    component files name by tag.
    """

    components: Mapping[str, Component]
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    modules: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    pins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


# Texts that KFP takes for true and false (`strtobool` in kfp/dsl/types/type_utils.py).
_TRUE = frozenset({"y", "yes", "t", "true", "on", "1"})
_FALSE = frozenset({"n", "no", "f", "false", "off", "0"})


def default_of(port: Port) -> Json:
    """The value of an input's default: files of KFP's first form hold it as text of JSON, or as it
    is. Raises ValueError for text that is none.
    """
    value = port.default
    if not isinstance(value, str) or port.type == "string":
        return value
    if port.type == "boolean" and (word := value.lower()) in _TRUE | _FALSE:
        return word in _TRUE
    return freeze(json_in(value))


def json_in(text: str) -> Any:
    """The value of a text of JSON that somebody wrote. Raises ValueError for one that is none, or
    that others couldn't read again, and for one that is nested deeper than YAML here may be.
    """
    try:
        value = json.loads(text)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    level = [value]
    for _ in range(MAX_DEPTH):
        held = [each.values() if isinstance(each, dict) else each for each in level]
        level = [each for inner in held if not _is_leaf(inner) for each in inner]
    if level:
        raise ValueError(_TOO_DEEP)
    return value


_TOO_DEEP = f"it is nested more than {MAX_DEPTH} deep"


def _is_leaf(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def parse_component(text: str, path: str) -> Component:
    """One component from its text.

    Raises ValueError with the file and the reason: a broken catalog is a bug of ours.
    """
    documents, diagnostics = read(text, path)
    if diagnostics or len(documents) != 1:
        raise ValueError(f"{path}: not a component: {[d.message for d in diagnostics]}")
    value = cast(Mapping[str, Any], documents[0].value)
    notes = cast(Mapping[str, str], value.get("metadata", {}).get("annotations", {}))
    refined = json.loads(notes.get("exai.dev/types", "{}"))
    container = value["implementation"]["container"]
    return Component(
        name=value["name"],
        version=notes["exai.dev/version"],
        effects=cast(Effects, notes["exai.dev/effects"]),
        description=value.get("description", ""),
        inputs=_ports(value.get("inputs", ()), refined),
        outputs=_ports(value.get("outputs", ()), refined),
        refs=MappingProxyType(json.loads(notes.get("exai.dev/refs", "{}"))),
        filled=tuple(json.loads(notes.get("exai.dev/filled", "[]"))),
        metrics=MappingProxyType(
            {
                task: tuple(names)
                for task, names in json.loads(notes.get("exai.dev/metrics", "{}")).items()
            }
        ),
        image=container["image"],
        command=tuple(container["command"]),
        args=tuple(container["args"]),
        limits=_limits(json.loads(notes.get("exai.dev/limits", "{}")), path),
        converts=tuple(json.loads(notes.get("exai.dev/converts", "[]"))),
    )


def _limits(told: Mapping[str, Mapping[str, Any]], path: str) -> Mapping[str, Limit]:
    unknown = {key for limit in told.values() for key in limit} - {"enum", "above", "below"}
    if unknown:
        raise ValueError(f"{path}: limits are enum, above and below, not {sorted(unknown)}")
    return MappingProxyType(
        {
            name: Limit(tuple(limit.get("enum", ())), limit.get("above"), limit.get("below"))
            for name, limit in told.items()
        }
    )


def _ports(items: tuple[Mapping[str, Any], ...], refined: Mapping[str, Any]) -> Mapping[str, Port]:
    return MappingProxyType(
        {
            item["name"]: Port(
                name=item["name"],
                type=PARAMETER_TYPES.get(item["type"], item["type"]),
                optional=bool(item.get("optional", False)) or "default" in item,
                default=item.get("default"),
                description=item.get("description", ""),
                refined=freeze(refined.get(item["name"])),
            )
            for item in items
        }
    )


def catalog(texts: Mapping[str, str]) -> Catalog:
    """All components from the texts of their files, keyed by path.

    Raises ValueError as `parse_component` does.
    """
    parsed = sorted(
        (parse_component(text, path) for path, text in texts.items()), key=lambda c: c.name
    )
    return Catalog(MappingProxyType({component.name: component for component in parsed}))
