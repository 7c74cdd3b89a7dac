"""How many instances of a component run, by what they scale, and how long a request may take
(targets 1.2).

In: a component's fields. Out: parts of its block, and the annotations that choose an autoscaler.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from exai_compiler.maybe import Tree
from exai_specs.kinds import Autoscale
from exai_specs.kinds.components import ComponentFields
from exai_specs.kinds.scaling import Trigger
from exai_specs.units import Percent

Mode = Literal["Standard", "Knative"]
# Knative's own autoscaler knows only concurrency and rps.
BY_HPA = ("cpu", "memory")
CLASS = "serving.kserve.io/autoscalerClass"
KNATIVE_CLASS = "autoscaling.knative.dev/class"


# Fields that replace no pod: more or fewer of them, and who is sent where.
SHARES = frozenset({"canaryTrafficPercent", "router", "trafficPercent"})
LIGHT = SHARES | {
    "autoScaling",
    "deploymentStrategy",
    "maxReplicas",
    "minReplicas",
    "replicas",
    "scaleMetric",
    "scaleTarget",
    "scaling",
}


def light(mode: Mode, target: str) -> frozenset[str]:
    """Those of a service. Knative keeps how a revision scales in the revision: another one is
    rolled out; one machine has no revisions."""
    return SHARES if mode == "Knative" and target != "local" else LIGHT


def scale(block: ComponentFields) -> Mapping[str, Tree]:
    """The component's part; a number that can't be said in KServe's unit is None: a check refuses
    it.
    """
    found: dict[str, Tree] = {
        "maxReplicas": block.replicas.max,
        "minReplicas": block.replicas.min,
    }
    if block.autoscale is not None and block.autoscale.metric is not None:
        found["scaleMetric"] = block.autoscale.metric
        found["scaleTarget"] = scale_target(block.autoscale)
    if block.autoscale is not None and block.autoscale.keda is not None:
        found["autoScaling"] = MappingProxyType(
            {"metrics": tuple(metric(each) for each in block.autoscale.keda)}
        )
    if block.timeout is not None:
        found["timeout"] = block.timeout.seconds_exact()
    return found


def autoscaler(mode: Mode, autoscale: Autoscale | None) -> Mapping[str, Tree]:
    """What chooses the autoscaler, of the whole service."""
    if autoscale is None:
        return {}
    if mode == "Knative":
        by_hpa = autoscale.metric in BY_HPA
        return {KNATIVE_CLASS: "hpa.autoscaling.knative.dev"} if by_hpa else {}
    if autoscale.keda is not None:
        return {CLASS: "keda"}
    return {CLASS: "none"} if autoscale.none is not None else {}


def metric(trigger: Trigger) -> Tree:
    """One of KServe's `autoScaling.metrics`."""
    if trigger.resource is not None:
        return MappingProxyType({"resource": trigger.resource, "type": "Resource"})
    if trigger.external is not None:
        return MappingProxyType({"external": trigger.external, "type": "External"})
    return MappingProxyType({"podmetric": trigger.podmetric, "type": "PodMetric"})


def scale_target(autoscale: Autoscale) -> int | None:
    """KServe's scaleTarget, a whole number; None where it can't be said as one."""
    target = autoscale.target
    number = target.percent if isinstance(target, Percent) else target
    return int(number) if number is not None and number == int(number) else None
