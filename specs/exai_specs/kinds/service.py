"""Service: a model that answers requests (LANGUAGE section 8).

In: the `spec` of a Service. Out: a frozen value. Never: which version the model's alias means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from exai_specs import units
from exai_specs.effects import Effect
from exai_specs.fields import (
    CONFIG,
    Duration,
    KeyedBy,
    Maybe,
    ModelVersion,
    Parsed,
    Percent,
    Plain,
    Problem,
    Text,
    Whole,
    about,
    refuse,
)
from exai_specs.forms import Shorthand
from exai_specs.frozen import empty
from exai_specs.identity import RefTo
from exai_specs.kinds.patches import Patches, PatchesOf
from exai_specs.kinds.servers import PodFields
from exai_specs.names import FIELD
from exai_specs.types import TypeProblem, called


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Replicas:
    """How many instances run."""

    min: Annotated[Annotated[Whole, Field(ge=0)], Effect.RENDER, about("At least", 1)] = 1
    max: Annotated[Annotated[Whole, Field(ge=1)], Effect.RENDER, about("At most", 3)] = 1

    @model_validator(mode="after")
    def _ordered(self) -> Replicas:
        if self.min > self.max:
            wrong = f"is more than max ({self.max})"
            raise refuse(Problem("invalid-value", wrong, "set max too", ("min",)))
        return self


def _target(value: Any) -> units.Percent | float:
    if isinstance(value, str):
        return units.parse_percent(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeProblem(f"must be a number or a percent, not {called(value)}", code="wrong-type")
    if value <= 0:
        raise TypeProblem("must be more than 0")
    return float(value)


_TARGET_SCHEMA = (
    (
        "anyOf",
        [
            {"type": "string", "pattern": units.PERCENT_PATTERN},
            {"type": "number", "exclusiveMinimum": 0},
        ],
    ),
)


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Autoscale:
    """What makes the number of instances change."""

    metric: Annotated[
        Literal["cpu", "memory", "concurrency", "rps"],
        Effect.RENDER,
        about("What is measured", "concurrency"),
    ]
    target: Annotated[
        Annotated[units.Percent | float, Parsed(_target, _TARGET_SCHEMA)],
        Effect.RENDER,
        about("What one instance should have: a percent for cpu and memory", 10, "80%"),
    ]

    @model_validator(mode="after")
    def _unit_fits(self) -> Autoscale:
        wants_percent = self.metric in ("cpu", "memory")
        if wants_percent != isinstance(self.target, units.Percent):
            noun, example = ("a percent", "80%") if wants_percent else ("a number", "10")
            wrong = f"must be {noun} for {self.metric}"
            raise refuse(Problem("wrong-type", wrong, f"for example {example}", ("target",)))
        return self


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Latency:
    """Response times that a share of the requests must keep."""

    p50: Annotated[Maybe[Duration], Effect.RENDER, about("Of half of them", "20ms")] = None
    p95: Annotated[Maybe[Duration], Effect.RENDER, about("Of 95 in 100", "50ms")] = None
    p99: Annotated[Maybe[Duration], Effect.RENDER, about("Of 99 in 100", "100ms")] = None


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Slo:
    """What the service promises."""

    latency: Annotated[Latency, Effect.RENDER, about("Response times", {"p99": "100ms"})] = field(
        default_factory=Latency
    )
    error_rate: Annotated[
        Maybe[Percent], Effect.RENDER, about("Share of requests that may fail", "1%")
    ] = None
    window: Annotated[Duration, Effect.RENDER, about("The time it is counted over", "30d")] = (
        units.Duration(2_592_000_000)
    )


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Local:
    """What only the local target uses."""

    port: Annotated[
        Maybe[Annotated[Whole, Field(ge=1, le=65535)]],
        Effect.REDEPLOY,
        about("Its port on 127.0.0.1; default: a free one, kept", 8080),
    ] = None


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class ServedFeatures:
    """Features that the service looks up, so that a request holds keys of entities."""

    service: Annotated[
        Annotated[Text, RefTo("FeatureService")],
        Effect.REDEPLOY,
        about("The feature service", "iris_features"),
    ]
    on_missing: Annotated[
        Literal["error", "null", "default"],
        Effect.REDEPLOY,
        about("What a feature that is missing or past its ttl is answered as", "error"),
    ] = "error"
    defaults: Annotated[
        Annotated[Mapping[str, Plain], KeyedBy(FIELD)],
        Effect.REDEPLOY,
        about("With `onMissing: default`: the value by feature", {"petal_width": 1.2}),
    ] = field(default_factory=empty)

    @model_validator(mode="after")
    def _defaults_are_used(self) -> ServedFeatures:
        if self.defaults and self.on_missing != "default":
            wrong = f"means nothing with onMissing: {self.on_missing}"
            raise refuse(Problem("invalid-value", wrong, "write onMissing: default", ("defaults",)))
        return self


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class ServiceSpec(PodFields):
    """A model behind KServe's HTTP protocols. The workload block is its server's container."""

    model: Annotated[
        ModelVersion,
        Effect.REDEPLOY,
        about("The model with an alias or a version", "iris_model@champion"),
    ]
    protocol: Annotated[Literal["v1", "v2"], Effect.REDEPLOY, about("KServe's protocol", "v2")] = (
        "v2"
    )
    features: Annotated[
        Maybe[Annotated[ServedFeatures, Shorthand("service", ())]],
        Effect.REDEPLOY,
        about("Features that are looked up by the keys in the request", "iris_features"),
    ] = None
    replicas: Annotated[
        Replicas, Effect.RENDER, about("How many instances run", {"min": 1, "max": 3})
    ] = field(default_factory=Replicas)
    autoscale: Annotated[
        Maybe[Autoscale],
        Effect.RENDER,
        about("What makes their number change", {"metric": "concurrency", "target": 10}),
    ] = None
    timeout: Annotated[
        Maybe[Duration], Effect.REDEPLOY, about("How long a request may take", "60s")
    ] = None
    slo: Annotated[
        Maybe[Slo], Effect.RENDER, about("What it promises", {"latency": {"p99": "100ms"}})
    ] = None
    local: Annotated[Local, Effect.REDEPLOY, about("On the local target", {"port": 8080})] = field(
        default_factory=Local
    )
    patches: Annotated[
        Annotated[Patches, PatchesOf(("InferenceService", "PodMonitor", "PrometheusRule"))],
        Effect.REDEPLOY,
        about(
            "Fields of the rendered objects that no field here has",
            {"InferenceService": {"spec": {"predictor": {"priorityClassName": "high"}}}},
        ),
    ] = field(default_factory=empty)
