"""Runtime: a server that many services share (LANGUAGE section 8).

In: the `spec` of a Runtime. Out: a frozen value. Never: which services it serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from exai_specs.effects import Effect
from exai_specs.fields import CONFIG, Flag, KeyedBy, Maybe, Parsed, Problem, Whole, about, refuse
from exai_specs.frozen import empty
from exai_specs.kinds.model_files import FORMAT
from exai_specs.kinds.patches import Patches, PatchesOf
from exai_specs.kinds.servers import PlacedFields
from exai_specs.types import TypeProblem, called

Protocol = Literal["v1", "v2", "grpc-v1", "grpc-v2"]


def _versions(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    for item in items:
        if not isinstance(item, str):
            wrong = f"must be text or a list of texts, not {called(item)}"
            hint = f'write "{item}"' if isinstance(item, int | float) else ""
            raise TypeProblem(wrong, hint=hint, code="wrong-type")
    if not items or not all(items) or len(set(items)) != len(items):
        raise TypeProblem("must be different versions")
    return tuple(items)


_VERSIONS = (
    (
        "anyOf",
        [
            {"type": "string", "minLength": 1},
            {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
        ],
    ),
)


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Format:
    """A format of models that the server reads."""

    version: Annotated[
        Annotated[tuple[str, ...], Parsed(_versions, _VERSIONS)],
        Effect.REDEPLOY,
        about("Its versions; default: any", "3", ["1", "2"]),
    ] = ()
    auto_select: Annotated[
        Flag, Effect.REDEPLOY, about("Whether services get it that name no runtime", True)
    ] = False
    priority: Annotated[
        Maybe[Annotated[Whole, Field(ge=1)]],
        Effect.REDEPLOY,
        about("With autoSelect: the highest is taken", 1),
    ] = None

    @model_validator(mode="after")
    def _priority_counts(self) -> Format:
        if self.priority is not None and not self.auto_select:
            wrong = "means nothing without autoSelect"
            raise refuse(Problem("invalid-value", wrong, "add autoSelect: true", ("priority",)))
        return self


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class RuntimeSpec(PlacedFields):
    """A model server. The workload block is its container; `{{.Name}}` is the service's name."""

    scope: Annotated[
        Literal["namespace", "cluster"],
        Effect.REDEPLOY,
        about("Who may use it: a ServingRuntime, or a ClusterServingRuntime", "namespace"),
    ] = "namespace"
    formats: Annotated[
        Annotated[Mapping[str, Format], KeyedBy(FORMAT, at_least=1)],
        Effect.REDEPLOY,
        about("The formats that it reads", {"onnx": {"version": "1", "autoSelect": True}}),
    ]
    protocols: Annotated[
        tuple[Protocol, ...],
        Effect.REDEPLOY,
        about("The protocols that it speaks; default: any", ["v1", "v2"]),
    ] = ()
    multi_model: Annotated[
        Flag, Effect.REDEPLOY, about("Whether one process serves several models", False)
    ] = False
    patches: Annotated[
        Annotated[Patches, PatchesOf(("ServingRuntime", "ClusterServingRuntime"))],
        Effect.REDEPLOY,
        about(
            "Fields of the rendered object that no field here has",
            {"ServingRuntime": {"spec": {"hostIPC": False}}},
        ),
    ] = field(default_factory=empty)

    @model_validator(mode="after")
    def _has_an_image(self) -> RuntimeSpec:
        if self.image is None:
            hint = "add image (the server), by digest"
            raise refuse(Problem("missing-field", "has no image", hint, on="key"))
        return self
