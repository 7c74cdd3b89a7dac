"""What a service promises (LANGUAGE 8).

In: the `slo` of a Service. Out: a frozen value. Never: whether anything measures it.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated

from pydantic.dataclasses import dataclass

from exai_specs import units
from exai_specs.effects import Effect
from exai_specs.fields import CONFIG, Duration, Maybe, Percent, about


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
