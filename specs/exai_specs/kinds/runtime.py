"""Runtime: a server that many services share (LANGUAGE section 8).

In: the `spec` of a Runtime. Out: a frozen value. Never: which services it serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Duration, Flag, KeyedBy, Maybe, Parsed, Problem, Text, Whole, refuse
from exai_specs.frozen import empty
from exai_specs.kinds.model_files import FORMAT
from exai_specs.kinds.patches import Patches, PatchesOf
from exai_specs.kinds.servers import PlacedFields
from exai_specs.kinds.workload import Env
from exai_specs.notes import AfterValidator, Field, about, checked
from exai_specs.texts import different
from exai_specs.types import TypeProblem, called
from exai_specs.values import field

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


@block
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

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        why = "means nothing without autoSelect: true"
        yield shape_rules.without(cls, shape_rules.differs("autoSelect", True), why, "priority")

    @checked
    def _priority_counts(self) -> Format:
        if self.priority is not None and not self.auto_select:
            wrong = "means nothing without autoSelect"
            raise refuse(Problem("invalid-value", wrong, "add autoSelect: true", ("priority",)))
        return self


@block
class BuiltIn:
    """ModelMesh's own adapter in front of a server that it knows."""

    server: Annotated[
        Literal["mlserver", "ovms", "torchserve", "triton"],
        Effect.REDEPLOY,
        about("The server behind it", "triton"),
    ]
    management_port: Annotated[
        Annotated[Whole, Field(ge=1, le=65535)],
        Effect.REDEPLOY,
        about("Port by which the server is told to load models", 8001),
    ]
    memory_buffer: Annotated[
        Maybe[Annotated[Whole, Field(ge=0)]],
        Effect.REDEPLOY,
        about("Bytes of the server's memory that no model gets", 134217728),
    ] = None
    loading_timeout: Annotated[
        Maybe[Duration], Effect.REDEPLOY, about("How long a model may take to load", "90s")
    ] = None
    env: Annotated[
        Env, Effect.REDEPLOY, about("Environment variables of the adapter", {"LOG_LEVEL": "1"})
    ] = field(default_factory=empty)


@block
class Adapters:
    """How ModelMesh reaches a server of several models."""

    built_in: Annotated[
        Maybe[BuiltIn],
        Effect.REDEPLOY,
        about("ModelMesh's own adapter", {"server": "triton", "managementPort": 8001}),
    ] = None
    grpc_endpoint: Annotated[
        Maybe[Text],
        Effect.REDEPLOY,
        about("Where models are loaded and unloaded", "port:8085", "unix:/tmp/manage.sock"),
    ] = None
    grpc_data_endpoint: Annotated[
        Maybe[Text], Effect.REDEPLOY, about("Where gRPC requests are answered", "port:8001")
    ] = None
    http_data_endpoint: Annotated[
        Maybe[Text], Effect.REDEPLOY, about("Where HTTP requests are answered", "port:8080")
    ] = None


@block
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
        Annotated[tuple[Protocol, ...], AfterValidator(different)],
        Effect.REDEPLOY,
        about("The protocols that it speaks; default: any", ["v1", "v2"]),
    ] = ()
    multi_model: Annotated[
        Flag, Effect.REDEPLOY, about("Whether one process serves several models", False)
    ] = False
    adapters: Annotated[
        Maybe[Adapters],
        Effect.REDEPLOY,
        about(
            "With multiModel: how ModelMesh reaches the server",
            {"builtIn": {"server": "triton", "managementPort": 8001}},
        ),
    ] = None
    patches: Annotated[
        Annotated[Patches, PatchesOf(("ServingRuntime", "ClusterServingRuntime"))],
        Effect.REDEPLOY,
        about(
            "Fields of the rendered object that no field here has",
            {"ServingRuntime": {"spec": {"hostIPC": False}}},
        ),
    ] = field(default_factory=empty)

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield shape_rules.needs({}, "image")
        why = "means nothing without multiModel: true"
        yield shape_rules.without(cls, shape_rules.differs("multiModel", True), why, "adapters")

    @checked
    def _consistent(self) -> RuntimeSpec:
        problems: list[Problem] = []
        if self.image is None:
            hint = "add image (the server), by digest"
            problems.append(Problem("missing-field", "has no image", hint, on="key"))
        if self.adapters is not None and not self.multi_model:
            wrong, hint = "means nothing without multiModel", "add multiModel: true"
            problems.append(Problem("invalid-value", wrong, hint, ("adapters",), "key"))
        if problems:
            raise refuse(*problems)
        return self
