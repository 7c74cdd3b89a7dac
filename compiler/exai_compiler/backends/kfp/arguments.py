"""Commands and arguments of a container, as KFP has them.

In: an argument of a component: text, or a placeholder of KFP's component files. Out: text, in which
the backend replaces `{{$...}}` before the container starts (kfp/dsl/placeholders.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.backends.kfp.inputs import RUN_PLACEHOLDERS
from exai_compiler.catalog import Component
from exai_specs.frozen import Json

PLACEHOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "executorInput": "{{$}}",
        "inputValue": "{{$.inputs.parameters['NAME']}}",
        "inputPath": "{{$.inputs.artifacts['NAME'].path}}",
        "inputUri": "{{$.inputs.artifacts['NAME'].uri}}",
        "outputUri": "{{$.outputs.artifacts['NAME'].uri}}",
    }
)


def argument(component: Component, value: Json) -> str:
    """One argument. Raises ValueError for what the checks refuse."""
    found = _element(component, value)
    # As the SDK: no sorted keys, and what isn't text is JSON in the text.
    return found if isinstance(found, str) else json.dumps(found)


def _element(component: Component, value: Json) -> str | dict[str, object]:
    if not isinstance(value, Mapping):
        return str(value)
    match next(iter(value.items())):
        case ("text", tuple(parts)):
            return "".join(argument(component, part) for part in parts)
        case ("concat", tuple(parts)):
            return {"Concat": [_element(component, part) for part in parts]}
        case ("if", Mapping() as branches):
            return {"IfPresent": _branches(component, branches)}
        case ("run", str(name)):
            return RUN_PLACEHOLDERS[name]
        case ("inputMetadata", (str(name), str(key))):
            return f"{{{{$.inputs.artifacts['{name}'].metadata['{key}']}}}}"
        case ("outputPath", str(name)):
            return _output_path(component, name)
        case (word, named) if word in PLACEHOLDERS:
            return PLACEHOLDERS[word].replace("NAME", str(named))
    raise ValueError(f"{component.name}: the argument {dict(value)} isn't supported")


def _branches(component: Component, branches: Mapping[str, Json]) -> dict[str, object]:
    condition = branches["cond"]
    present = condition["isPresent"] if isinstance(condition, Mapping) else ""
    found: dict[str, object] = {"InputName": str(present)}
    for word, key in (("Then", "then"), ("Else", "else")):
        if key in branches:
            found[word] = _elements(component, branches[key])
    return found


def _elements(component: Component, value: Json) -> object:
    if isinstance(value, tuple | list):
        return [_element(component, each) for each in value]
    return _element(component, value)


def _output_path(component: Component, name: str) -> str:
    if component.outputs[name].is_artifact:
        return f"{{{{$.outputs.artifacts['{name}'].path}}}}"
    return f"{{{{$.outputs.parameters['{name}'].output_file}}}}"
