"""The schema that specs of a project point at: `exai.schema.json` beside exai.yaml.

In: a project's folder. Out: one file, made of what this exai knows. Never: the network.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

FILE = "exai.schema.json"


def text() -> str:
    """It as it is written."""
    return json.dumps(schema(), separators=(",", ":")) + "\n"


def schema() -> dict[str, Any]:
    """The schema of any document, whole in one file; an editor completes the names of rules, of
    metrics, of algorithms and of what components take, which are those of the checks."""
    from exai_compiler.codes import CODES
    from exai_compiler.judge import DIRECTIONS
    from exai_compiler.policies import NAMED, rules
    from exai_compiler.tuning.algorithms import ALGORITHMS, EARLY_STOPPING
    from exai_compiler.tuning.trial import TRAINERS
    from exai_runtime.editor_inputs import EXPRESSION, inputs_by_component
    from exai_runtime.workspace import component_catalog
    from exai_specs.schema import bundle

    found: dict[str, Any] = json.loads(json.dumps(bundle()))
    said = {rule: CODES[NAMED.get(rule, rule)].meaning for rule in rules()}
    policies = _field(found, "kind.Project", "policies")
    _named(policies, said)
    policies["additionalProperties"] = False
    better = {name: f"{way.capitalize()} is better" for name, way in DIRECTIONS.items()}
    _named(_field(found, "kind.Model", "gates"), better)
    search = found["$defs"]["kind.Tuning"]["properties"]["spec"]["properties"]
    search["algorithm"] = _called(found, search["algorithm"], ALGORITHMS)
    search["earlyStopping"] = _called(found, search["earlyStopping"], EARLY_STOPPING)
    components = component_catalog().components
    found["$defs"]["expression"] = EXPRESSION
    inputs_by_component(found, "Step", components.values())
    trainers = [components[name] for name in TRAINERS]
    inputs_by_component(found, "Trial", trainers, trial=True)
    return found


def _called(schema: dict[str, Any], field: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A field that is an Algorithm, of which there are these."""
    block = schema["$defs"]["Algorithm"]
    name = {**block["properties"]["name"], "enum": sorted(names)}
    own = {key: value for key, value in field.items() if key != "$ref"}
    return {**block, **own, "properties": {**block["properties"], "name": name}}


def _field(schema: dict[str, Any], kind: str, field: str) -> dict[str, Any]:
    spec = schema["$defs"][kind]["properties"]["spec"]["properties"]
    found: dict[str, Any] = spec[field]
    return found


def _named(mapping: dict[str, Any], names: Mapping[str, str]) -> None:
    """Keys that there are, with what they mean, beside any others."""
    each = mapping["additionalProperties"]
    mapping["properties"] = {name: {**each, "description": said} for name, said in names.items()}


def write(folder: Path) -> Path:
    """Write it into a project's folder, by rename. Raises OSError."""
    from exai_runtime.whole_file import write_whole

    return write_whole(folder / FILE, text())


def comment(path: str) -> str:
    """The first line of a spec file that points at it; `path` from the project's folder."""
    above = "../" * (len(PurePosixPath(path).parts) - 1)
    return f"# yaml-language-server: $schema={above}{FILE}\n"
