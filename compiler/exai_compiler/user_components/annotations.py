"""exai's own annotations in a user's `component.yaml`, all optional.

In: a document, its ports. Out: what they say, and diagnostics at the annotation. `filled` and
`converts` are for exai's own components alone: they promise what only exai keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, cast, get_args

from exai_compiler.catalog import Effects, Limit, Port, json_in
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import Document, Path
from exai_specs.frozen import Json, empty, freeze
from exai_specs.nearest import did_you_mean
from exai_specs.types import TypeProblem, parse_parameter_type
from exai_specs.values import field, frozen, replace

CODE = "bad-component"
PREFIX = "exai.dev/"
_KNOWN = ("version", "effects", "refs", "types", "metrics", "limits")
_KINDS = ("Dataset", "Model", "FeatureService")
_BASE: Path = ("metadata", "annotations")


@frozen
class Noted:
    """What the annotations say."""

    version: str = ""
    effects: str = "none"
    refs: Mapping[str, str] = field(default_factory=empty)
    types: Mapping[str, Json] = field(default_factory=empty)
    metrics: Mapping[str, tuple[str, ...]] = field(default_factory=empty)
    limits: Mapping[str, Limit] = field(default_factory=empty)

    def refined(self, ports: Mapping[str, Port]) -> Mapping[str, Port]:
        """The ports with the types inside their lists and structs."""
        return MappingProxyType(
            {
                name: replace(port, refined=self.types[name]) if name in self.types else port
                for name, port in ports.items()
            }
        )


def noted(
    document: Document,
    inputs: Mapping[str, Port],
    outputs: Mapping[str, Port],
    names_are_told: bool = True,
) -> tuple[Noted, tuple[Diagnostic, ...]]:
    """What exai's annotations say, and what is wrong with them. Where the names of the ports aren't
    told, or a type isn't (""), any may have been meant."""
    metadata = cast(Mapping[str, Json], document.value.get("metadata", {}))
    written = cast(Mapping[str, str], metadata.get("annotations", {}))
    mine = {k.removeprefix(PREFIX): v for k, v in written.items() if k.startswith(PREFIX)}
    problems: list[Diagnostic] = []
    told: dict[str, Any] = {}
    ports = {**inputs, **outputs} if names_are_told else None
    for name, text in mine.items():
        try:
            told[name] = _read(name, text, inputs, ports)
        except ValueError as error:
            at = document.at((*_BASE, f"{PREFIX}{name}"))
            hint = did_you_mean(name, _KNOWN) if name not in _KNOWN else _HINT[name]
            problems.append(Diagnostic(CODE, f"{PREFIX}{name} {error}", at, hint=hint))
    return Noted(**told) if not problems else Noted(), tuple(problems)


_HINT: Mapping[str, str] = {
    "version": "such as '2'",
    "effects": f"one of {', '.join(get_args(Effects))}",
    "refs": '{"dataset": "Dataset"}',
    "types": '{"names": {"list": "string"}}',
    "metrics": '{"classification": ["accuracy"]}',
    "limits": '{"rate": {"above": 0, "below": 1}, "mode": {"enum": ["a", "b"]}}',
}


def _read(
    name: str, text: str, inputs: Mapping[str, Port], ports: Mapping[str, Port] | None
) -> Any:
    """The value of an annotation; None for ports that nobody knows. Raises ValueError, for
    people."""
    if name not in _KNOWN:
        raise ValueError("isn't an annotation of a component of one's own")
    if name == "version":
        return text
    if name == "effects":
        if text not in get_args(Effects):
            raise ValueError(f"can't be `{text}`")
        return text
    try:
        value = json_in(text)
    except ValueError:
        raise ValueError("is no JSON") from None
    if not isinstance(value, dict):
        raise ValueError("is no JSON object")
    known = value if ports is None or name == "metrics" else ports
    if unknown := [key for key in value if key not in known]:
        raise ValueError(f"names `{unknown[0]}`, which this component doesn't have")
    return MappingProxyType(dict(_items(name, value, None if ports is None else inputs)))


def _items(
    name: str, value: Mapping[str, Any], inputs: Mapping[str, Port] | None
) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        match name:
            case "refs":
                type_ = "string" if inputs is None else inputs[key].type if key in inputs else "?"
                if item not in _KINDS or type_ not in ("string", ""):
                    raise ValueError(f"`{key}` must be a String input, and name one of {_KINDS}")
                yield key, item
            case "types":
                try:
                    parse_parameter_type(item)
                except TypeProblem as error:
                    raise ValueError(f"`{key}` {error.message}") from None
                yield key, freeze(item)
            case "metrics":
                if not isinstance(item, list) or not all(isinstance(each, str) for each in item):
                    raise ValueError(f"`{key}` must be a list of names")
                yield key, tuple(item)
            case "limits":
                yield key, _limit(key, item)


def _limit(key: str, item: Any) -> Limit:
    if not isinstance(item, dict) or set(item) - {"enum", "above", "below"}:
        raise ValueError(f"`{key}` takes enum, above and below")
    enum, numbers = item.get("enum", []), (item.get("above"), item.get("below"))
    fits = isinstance(enum, list) and all(isinstance(each, str) for each in enum)
    if not fits or not all(each is None or type(each) in (int, float) for each in numbers):
        raise ValueError(f"`{key}` takes texts in enum, numbers in above and below")
    return Limit(tuple(enum), *numbers)
