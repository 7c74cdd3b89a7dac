"""How many instances of a component run, and what makes their number change (LANGUAGE 8).

In: `replicas` and `autoscale`. Out: frozen values. Never: what a mode can't do; the compiler knows
the environments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from exai_specs import shape_rules, units
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Parsed, Problem, Whole, refuse
from exai_specs.frozen import freeze
from exai_specs.notes import Field, about, checked
from exai_specs.types import TypeProblem, called


@block
class Replicas:
    """How many instances run."""

    min: Annotated[Annotated[Whole, Field(ge=0)], Effect.RENDER, about("At least", 1)] = 1
    max: Annotated[Annotated[Whole, Field(ge=1)], Effect.RENDER, about("At most", 3)] = 1

    @checked
    def _ordered(self) -> Replicas:
        if self.min > self.max:
            wrong = f"is more than max ({self.max})"
            hint = f"write max: {self.min} or more beside it, or a smaller min"
            raise refuse(Problem("invalid-value", wrong, hint, ("min",)))
        return self


def _target(value: Any) -> units.Percent | float:
    if isinstance(value, str):
        try:
            return units.parse_percent(value)
        except ValueError as error:
            if "%" in value:
                raise
            wrong = "must be a number, or a percent for cpu and memory"
            raise TypeProblem(wrong, (), "for example 10, or 80%") from error
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

Metric = Literal["cpu", "memory", "concurrency", "rps"]


def _mapping(value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeProblem(f"must be a mapping, not {called(value)}", code="wrong-type")
    return freeze(value)


_Fields = Annotated[Mapping[str, Any], Parsed(_mapping, (("type", "object"),))]


@block
class Trigger:
    """What KEDA scales by, in KServe's own fields: exactly one of the three."""

    resource: Annotated[
        Maybe[_Fields],
        Effect.RENDER,
        about(
            "By cpu or memory",
            {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
        ),
    ] = None
    external: Annotated[
        Maybe[_Fields],
        Effect.RENDER,
        about(
            "By a query of Prometheus or Graphite",
            {
                "metric": {"backend": "prometheus", "serverAddress": "http://p:9090", "query": "q"},
                "target": {"type": "Value", "value": "10"},
            },
        ),
    ] = None
    podmetric: Annotated[
        Maybe[_Fields],
        Effect.RENDER,
        about(
            "By a metric of its pods through OpenTelemetry",
            {
                "metric": {"backend": "opentelemetry", "metricNames": ["vllm:queue"], "query": "q"},
                "target": {"type": "Value", "value": "10"},
            },
        ),
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield from shape_rules.one_of("resource", "external", "podmetric")

    @checked
    def _one_form(self) -> Trigger:
        names = ("resource", "external", "podmetric")
        present = [name for name in names if getattr(self, name) is not None]
        if len(present) != 1:
            wrong = "must have exactly one of resource, external, podmetric"
            hint = (
                f"keep one of {', '.join(present)}" if present else f"add one of {', '.join(names)}"
            )
            raise refuse(Problem("exactly-one-of", wrong, hint))
        return self


@block
class Nothing:
    """A mapping without fields."""


@block
class Autoscale:
    """What makes the number of instances change: a metric with its target, KEDA, or nothing."""

    metric: Annotated[Maybe[Metric], Effect.RENDER, about("What is measured", "concurrency")] = None
    target: Annotated[
        Maybe[Annotated[units.Percent | float, Parsed(_target, _TARGET_SCHEMA)]],
        Effect.RENDER,
        about("What one instance should have: a percent for cpu and memory", "80%", 10),
    ] = None
    keda: Annotated[
        Maybe[Annotated[tuple[Trigger, ...], Field(min_length=1)]],
        Effect.RENDER,
        about(
            "By KEDA, in KServe's own fields",
            [
                {
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": 80},
                    }
                }
            ],
        ),
    ] = None
    none: Annotated[
        Maybe[Nothing], Effect.RENDER, about("Their number stays `replicas.min`", {})
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield from shape_rules.one_of("metric", "keda", "none")
        yield shape_rules.needs(shape_rules.has("metric"), "target")
        why = "means nothing without metric"
        yield shape_rules.without(cls, shape_rules.lacks("metric"), why, "target")
        percent = {"properties": {"target": {"type": "string"}}}
        yield {"if": shape_rules.says("metric", "cpu", "memory"), "then": percent}
        number = {"properties": {"target": {"type": "number"}}}
        yield {"if": shape_rules.says("metric", "concurrency", "rps"), "then": number}

    @checked
    def _one_way(self) -> Autoscale:
        ways = {"metric": self.metric, "keda": self.keda, "none": self.none}
        present = [name for name, value in ways.items() if value is not None]
        if len(present) != 1:
            wrong = "must have exactly one of metric, keda, none"
            hint = f"keep one of {', '.join(present)}" if present else "add metric and target"
            raise refuse(Problem("exactly-one-of", wrong, hint))
        if self.metric is None and self.target is not None:
            wrong = "means nothing without metric"
            raise refuse(Problem("invalid-value", wrong, "remove it", ("target",)))
        if self.metric is not None:
            self._unit_fits(self.metric)
        return self

    def _unit_fits(self, metric: Metric) -> None:
        wants_percent = metric in ("cpu", "memory")
        noun, example = ("a percent", "80%") if wants_percent else ("a number", "10")
        if self.target is None:
            hint = f"add target, for example {example}"
            raise refuse(Problem("missing-field", "has no target", hint))
        if wants_percent != isinstance(self.target, units.Percent):
            wrong = f"must be {noun} for {metric}"
            raise refuse(Problem("wrong-type", wrong, f"for example {example}", ("target",)))
