"""How the Deployment of Standard mode replaces its pods (LANGUAGE 8).

In: `deploymentStrategy` of a Service. Out: a frozen value. Never: in which mode it is deployed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Parsed
from exai_specs.names import NameRule
from exai_specs.notes import about
from exai_specs.types import TypeProblem, called

_SHARE = NameRule(r"[0-9]+|(100|[0-9]{1,2})%", "a number, or a percent", example="25%")


def _share(value: Any) -> str:
    """Kubernetes takes a number, too: it is the same as its text."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        message = f"must be a number or a percent, not {called(value)}"
        raise TypeProblem(message, code="wrong-type")
    if _SHARE.wrong(value) is not None:
        raise TypeProblem("must be a number, or a percent from 0% to 100%: 1, or 25%")
    return value


_SHARE_SCHEMA = (
    ("anyOf", [{"type": "integer", "minimum": 0}, {"type": "string", **_SHARE.schema}]),
)

_Share = Annotated[str, Parsed(_share, _SHARE_SCHEMA)]


@block
class RollingUpdate:
    """How many pods may be missing or extra while a new version comes."""

    max_surge: Annotated[
        Maybe[_Share], Effect.RENDER, about("Extra pods: a number or a percent", 1, "25%")
    ] = None
    max_unavailable: Annotated[
        Maybe[_Share], Effect.RENDER, about("Missing pods: a number or a percent", 0, "25%")
    ] = None


@block
class DeploymentStrategy:
    """How the Deployment of Standard mode replaces its pods."""

    type: Annotated[
        Literal["RollingUpdate", "Recreate"], Effect.RENDER, about("One by one, or all", "Recreate")
    ]
    rolling_update: Annotated[
        Maybe[RollingUpdate], Effect.RENDER, about("How many at a time", {"maxSurge": "25%"})
    ] = None
