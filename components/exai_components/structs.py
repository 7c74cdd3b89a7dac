"""Numbers in KFP structs: KFP keeps every number as a double, and references arrive as text.

In: what a component's JSON input holds. Out: the values that the spec meant.
Never guesses beyond that: text stays text unless the declared type says otherwise.
"""

from collections.abc import Mapping
from typing import Any

from exai_components.outcome import StepFailure, did_you_mean

# The type of a parameter as `exai.dev/types` has it.
Kind = str | Mapping[str, str]
STRINGS: Mapping[str, str] = {"list": "string"}


def whole_numbers(value: Any) -> Any:
    """Doubles without a fraction become integers again, at any depth."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: whole_numbers(item) for key, item in value.items()}
        case list():
            return [whole_numbers(item) for item in value]
    return value


def typed_parameters(
    given: Mapping[str, Any], types: Mapping[str, Kind], where: str
) -> dict[str, Any]:
    """`given` converted to its declared types, sorted by name; a final failure names the culprit.

    `types` maps a name to integer, double, boolean, string or a list of strings.
    """
    unknown = sorted(set(given) - set(types))
    if unknown:
        raise StepFailure(
            "unknown-parameter",
            f'{where} has no parameter "{unknown[0]}"',
            did_you_mean(unknown[0], types),
        )
    return {name: _typed(name, given[name], types[name], where) for name in sorted(given)}


def _typed(name: str, value: Any, kind: Kind, where: str) -> Any:
    converted = _convert(value, kind)
    if converted is None:
        word = kind if isinstance(kind, str) else "list of strings"
        raise StepFailure(
            "ill-typed-parameter",
            f"{where}: {name} is {value!r}, which is no {word}",
            f"Write {name} as {'an' if kind == 'integer' else 'a'} {word}",
        )
    return converted


def _convert(value: Any, kind: Kind) -> Any:
    if not isinstance(kind, str):
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return value if texts else None
    if kind == "string":
        return value if isinstance(value, str) else None
    if kind == "boolean":
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False}.get(str(value).lower())
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if kind == "double":
        return number
    return int(number) if number.is_integer() else None
