"""What a service promises (LANGUAGE 8).

In: the `slo` of a Service. Out: a frozen value. Never: whether anything measures it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from exai_specs import fields, shape_rules, units
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Duration, Maybe, Percent, Problem, refuse
from exai_specs.notes import about, checked
from exai_specs.values import field

MINUTE = 60_000


@block
class Latency:
    """Response times that a share of the requests must keep."""

    p50: Annotated[Maybe[fields.Latency], Effect.RENDER, about("Of half of them", "20ms")] = None
    p95: Annotated[Maybe[fields.Latency], Effect.RENDER, about("Of 95 in 100", "50ms")] = None
    p99: Annotated[Maybe[fields.Latency], Effect.RENDER, about("Of 99 in 100", "100ms")] = None

    @checked
    def _in_order(self) -> Latency:
        """What half of the requests keep is no longer than what nearly all of them keep."""
        stated = [(n, t) for n in ("p50", "p95", "p99") if (t := getattr(self, n)) is not None]
        problems = [
            Problem("invalid-value", f"is less than {before} ({less})", path=(name,))
            for (before, less), (name, time) in pairwise(stated)
            if time < less
        ] + [
            Problem("invalid-value", "must be longer than nothing", path=(name,))
            for name, time in stated
            if not time.ms
        ]
        if problems:
            raise refuse(*problems)
        return self


@block
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

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield shape_rules.some_of("latency", "errorRate")

    @checked
    def _some_time(self) -> Slo:
        if not self.window.ms:
            wrong = "must be longer than nothing"
            raise refuse(Problem("invalid-value", wrong, path=("window",)))
        if self.window.ms < MINUTE:
            wrong = "is less than anything is measured over"
            raise refuse(Problem("invalid-value", wrong, "write 1m at least", ("window",)))
        if self.error_rate is not None and not 0 < self.error_rate.percent < 100:
            wrong = "must be more than 0% and less than 100%: no service keeps, or breaks, that"
            raise refuse(Problem("invalid-value", wrong, "for example 1%", ("errorRate",)))
        if self.latency == Latency() and self.error_rate is None:
            wrong, hint = "promises nothing", "add latency: {p99: 100ms} or errorRate: 1%"
            raise refuse(Problem("missing-field", wrong, hint))
        return self
