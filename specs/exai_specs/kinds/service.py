"""Service: a model that answers requests (LANGUAGE section 8).

In: the `spec` of a Service. Out: a frozen value. Never: which version the model's alias means.
"""

from __future__ import annotations

from typing import Annotated, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import (
    Flag,
    Maybe,
    Problem,
    Text,
    Whole,
    refuse,
)
from exai_specs.forms import Shorthand
from exai_specs.frozen import empty
from exai_specs.kinds.canary import Canary, ModelSource, Rollout
from exai_specs.kinds.components import (
    ComponentFields,
    Explainer,
    Transformer,
    mount_problems,
    name_problems,
)
from exai_specs.kinds.deployment_strategy import DeploymentStrategy
from exai_specs.kinds.model_files import InlineModel
from exai_specs.kinds.patches import Patches, PatchesOf
from exai_specs.kinds.request_handling import Batcher, Logger
from exai_specs.kinds.served_features import ServedFeatures
from exai_specs.kinds.slo import Slo
from exai_specs.notes import Field, about, checked
from exai_specs.texts import Filled
from exai_specs.values import field

CUSTOM = "custom"
"""The `runtime` of a service whose own image is the predictor."""

PATCHED = ("InferenceService", "NetworkPolicy", "PodMonitor", "PrometheusRule")
"""The objects of a service that a document may patch."""


@block
class Local:
    """What only the local target uses."""

    port: Annotated[
        Maybe[Annotated[Whole, Field(ge=1, le=65535)]],
        Effect.REDEPLOY,
        about("Its port on 127.0.0.1; default: a free one, kept", 8080),
    ] = None


@block
class ServiceSpec(ComponentFields):
    """A model behind KServe's protocols. The workload block is its server's container."""

    model: Annotated[
        Maybe[ModelSource],
        Effect.REDEPLOY,
        about(
            "The model with an alias or a version, one that is just files, or files in place",
            "iris_model@champion",
            {"uri": "s3://acme-ml/models/iris/3", "format": "sklearn"},
        ),
    ] = None
    runtime: Annotated[
        Maybe[Text],
        Effect.REDEPLOY,
        about(
            "The serving runtime; default: chosen by format and protocol, and written out. "
            "`custom`: `image` itself is the predictor",
            "kserve-mlserver",
        ),
    ] = None
    runtime_version: Annotated[
        Maybe[Filled], Effect.REDEPLOY, about("Tag of the runtime's image", "v0.20.0")
    ] = None
    protocol: Annotated[
        Literal["v1", "v2", "grpc-v1", "grpc-v2"],
        Effect.REDEPLOY,
        about("KServe's protocol", "v2"),
    ] = "v2"
    features: Annotated[
        Maybe[Annotated[ServedFeatures, Shorthand("service", ())]],
        Effect.REDEPLOY,
        about("Features that are looked up by the keys in the request", "iris_features"),
    ] = None
    concurrency: Annotated[
        Maybe[Annotated[Whole, Field(ge=0)]],
        Effect.REDEPLOY,
        about("Requests that one instance answers at a time; 0: any number", 4),
    ] = None
    canary: Annotated[
        Maybe[Canary],
        Effect.REDEPLOY,
        about(
            "Another model for a part of the requests",
            {"model": "iris_model@challenger", "traffic": "10%"},
        ),
    ] = None
    rollout: Annotated[
        Maybe[Rollout],
        Effect.RENDER,
        about(
            "How a new version is to get its requests; nothing walks these steps yet",
            {"steps": ["10%", "50%"], "interval": "10m"},
        ),
    ] = None
    transformer: Annotated[
        Maybe[Transformer],
        Effect.REDEPLOY,
        about("A server in front of it", {"image": "example.com/transform@sha256:..."}),
    ] = None
    explainer: Annotated[
        Maybe[Explainer],
        Effect.REDEPLOY,
        about("A server that explains its predictions", {"art": {"type": "SquareAttack"}}),
    ] = None
    logger: Annotated[
        Maybe[Logger],
        Effect.REDEPLOY,
        about("Where requests and answers are sent", {"mode": "all", "url": "http://sink"}),
    ] = None
    batcher: Annotated[
        Maybe[Batcher],
        Effect.REDEPLOY,
        about("Requests that are answered together", {"maxBatchSize": 32, "maxLatency": "300ms"}),
    ] = None
    visibility: Annotated[
        Literal["external", "cluster"],
        Effect.RENDER,
        about("Who may ask it: everyone who reaches the gateway, or the cluster", "cluster"),
    ] = "external"
    mode: Annotated[
        Maybe[Literal["Standard", "Knative"]],
        Effect.REDEPLOY,
        about("KServe's deployment mode; default: the environment's", "Standard"),
    ] = None
    stopped: Annotated[Flag, Effect.REDEPLOY, about("Whether it is paused", True)] = False
    deployment_strategy: Annotated[
        Maybe[DeploymentStrategy],
        Effect.RENDER,
        about("In Standard mode: how pods are replaced", {"type": "Recreate"}),
    ] = None
    slo: Annotated[
        Maybe[Slo], Effect.RENDER, about("What it promises", {"latency": {"p99": "100ms"}})
    ] = None
    local: Annotated[Local, Effect.REDEPLOY, about("On the local target", {"port": 8080})] = field(
        default_factory=Local
    )
    patches: Annotated[
        Annotated[Patches, PatchesOf(PATCHED)],
        Effect.REDEPLOY,
        about(
            "Fields of the rendered objects that no field here has",
            {"InferenceService": {"spec": {"predictor": {"priorityClassName": "high"}}}},
        ),
    ] = field(default_factory=empty)

    @property
    def reference(self) -> str:
        """`NAME@ALIAS`, `NAME@VERSION` or `NAME` of a Model; empty for files in place."""
        return self.model if isinstance(self.model, str) else ""

    @property
    def models(self) -> tuple[tuple[tuple[str, ...], str | InlineModel], ...]:
        """Every model, its own and its canary's, with its path in the document."""
        found: list[tuple[tuple[str, ...], str | InlineModel]] = []
        if self.model is not None:
            found.append((("spec", "model"), self.model))
        if self.canary is not None:
            found.append((("spec", "canary", "model"), self.canary.model))
        return tuple(found)

    @property
    def references(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Every reference to a Model, its own and its canary's, with its path in the document."""
        return tuple((path, model) for path, model in self.models if isinstance(model, str))

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        own = shape_rules.says("runtime", CUSTOM)
        yield shape_rules.needs(own, "image")
        yield shape_rules.needs(shape_rules.differs("runtime", CUSTOM), "model")
        why = "is for models that a runtime serves"
        yield shape_rules.without(cls, own, why, "runtimeVersion", "canary", "rollout")
        why = "is for containers of your own; the runtime names this one"
        served = shape_rules.differs("runtime", CUSTOM)
        yield shape_rules.without(cls, served, why, "containerName")
        why = "stands beside a canary of your own"
        yield shape_rules.without(cls, shape_rules.has("canary"), why, "rollout")
        why = "stands where exai's own transformer looks the features up"
        yield shape_rules.without(cls, shape_rules.has("features"), why, "transformer")

    @checked
    def _consistent(self) -> ServiceSpec:
        problems = tuple(_problems(self))
        if problems:
            raise refuse(*problems)
        return self


def _problems(service: ServiceSpec) -> list[Problem]:
    found: list[Problem] = list(name_problems(service))
    own = service.runtime == CUSTOM
    if own and service.image is None:
        hint = "add image (the predictor), by digest"
        found.append(Problem("missing-field", "custom needs an image", hint, ("runtime",)))
    if own and service.runtime_version is not None:
        wrong = "means nothing with runtime: custom"
        found.append(Problem("invalid-value", wrong, "remove it", ("runtimeVersion",), "key"))
    if not own and service.model is None:
        hint = "add model, for example iris_model@champion"
        if service.image is not None and service.runtime is None:
            hint += "; or `runtime: custom`, if the image answers by itself"
        found.append(Problem("missing-field", "has no model", hint, on="key"))
    if not own and service.container_name is not None:
        wrong = "is for containers of your own; the runtime names this one"
        found.append(Problem("invalid-value", wrong, "remove it", ("containerName",), "key"))
    for name, stated in (("canary", service.canary), ("rollout", service.rollout)):
        if own and stated is not None:
            wrong = "is for models that a runtime serves"
            found.append(Problem("invalid-value", wrong, "remove it", (name,), "key"))
    if service.canary is not None and service.rollout is not None:
        wrong, hint = "stands beside a canary of your own", "keep one of canary, rollout"
        found.append(Problem("invalid-value", wrong, hint, ("rollout",), "key"))
    found += mount_problems(service, service.model is not None)
    if service.canary is not None and service.canary.model == service.model:
        wrong = "is the model that has the other requests, too"
        hint = "name another alias or version"
        found.append(Problem("invalid-value", wrong, hint, ("canary", "model")))
    if service.features is not None and service.transformer is not None:
        wrong = "stands where exai's own transformer looks the features up"
        hint = "keep one of features, transformer"
        found.append(Problem("invalid-value", wrong, hint, ("transformer",), "key"))
    return found
