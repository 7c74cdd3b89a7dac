"""Project: where the specs are and which environments exist (LANGUAGE section 4).

In: the `spec` of a Project. Out: a frozen value. Never: a credential's value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import KeyedBy, Maybe, Parsed
from exai_specs.frozen import empty
from exai_specs.kinds.environment import Environment
from exai_specs.kinds.policies import RulePolicy
from exai_specs.names import KUBERNETES
from exai_specs.notes import about
from exai_specs.texts import Filled
from exai_specs.types import TypeProblem, called
from exai_specs.values import field
from exai_specs.version_ranges import PATTERN, parse_range


def _range(value: Any) -> str:
    if not isinstance(value, str):
        wrong = f"must be text such as '>=0.1,<0.2', not {called(value)}"
        raise TypeProblem(wrong, hint="put it in quotes", code="wrong-type")
    parse_range(value)
    return value


@block
class ProjectSpec:
    """The specs of a project and its environments."""

    specs: Annotated[
        tuple[Filled, ...],
        Effect.RENDER,
        about("Folders and files with specs, relative to exai.yaml", ["specs/"]),
    ] = ("specs/",)
    exai: Annotated[
        Maybe[Annotated[str, Parsed(_range, (("type", "string"), ("pattern", PATTERN)))]],
        Effect.METADATA,
        about("The versions of exai that this project is for", ">=0.1,<0.2"),
    ] = None
    policies: Annotated[
        Annotated[Mapping[str, RulePolicy], KeyedBy()],
        Effect.METADATA,
        about(
            "How much rules count, by name: `exai explain` lists them",
            {"owner-required": "error", "image-by-digest": "warning"},
        ),
    ] = field(default_factory=empty)
    environments: Annotated[
        Annotated[Mapping[str, Environment], KeyedBy(KUBERNETES)],
        Effect.BREAKING,
        about("The places to apply to; `local` always exists", {"local": {"target": "local"}}),
    ] = field(default_factory=empty)
