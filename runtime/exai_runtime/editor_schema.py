"""The schema that specs of a project point at: `exai.schema.json` beside exai.yaml.

In: a project's folder. Out: one file, made of what this exai knows. Never: the network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

FILE = "exai.schema.json"


def text() -> str:
    """It as it is written."""
    return json.dumps(schema(), separators=(",", ":")) + "\n"


def schema() -> dict[str, Any]:
    """The schema of any document, whole in one file; an editor completes the names of rules and of
    metrics, which are those of the checks."""
    from exai_compiler.codes import CODES
    from exai_compiler.judge import DIRECTIONS
    from exai_compiler.policies import NAMED, rules
    from exai_specs.schema import bundle

    found: dict[str, Any] = json.loads(json.dumps(bundle()))
    said = {rule: CODES[NAMED.get(rule, rule)].meaning for rule in rules()}
    _named(_field(found, "kind.Project", "policies"), said)
    better = {name: f"{way.capitalize()} is better" for name, way in DIRECTIONS.items()}
    _named(_field(found, "kind.Model", "gates"), better)
    return found


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
