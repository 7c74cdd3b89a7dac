"""`keda-trigger`: what KServe refuses of a trigger, by its schema or by its webhook
(validateScalingKedaCompExtension in pkg/apis/serving/v1beta1/inference_service_validation.go), and
KEDA of one without an address.

In: an `autoscale` by KEDA, with its document and its path there. Out: diagnostics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from exai_compiler.backends.kserve.scale import metric
from exai_compiler.checks.patch_rules import dotted
from exai_compiler.checks.texts import Path
from exai_compiler.crds import crd
from exai_compiler.crds.problems import part_problems
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import Autoscale
from exai_specs.kinds.scaling import Trigger
from exai_specs.parse import Spec
from exai_specs.units import parse_quantity

TRIGGER: Path = ("spec", "predictor", "autoScaling", "metrics", 0)


def triggers(spec: Spec, path: Path, scaling: Autoscale) -> Iterator[Diagnostic]:
    schema = crd("InferenceService")
    for index, trigger in enumerate(scaling.keda or ()):
        problems = tuple(part_problems(schema, TRIGGER, metric(trigger)))
        for found in problems:
            where = (*path, "autoscale", "keda", index, *found.path)
            at = spec.key_at(*where) if found.on_key else spec.at(*where)
            message = f"`{dotted(found.path[:-1])}`: {found.message}"
            if not found.on_key:
                message = f"`{dotted(found.path)}` {found.message}"
            hint = found.hint or "see KEDA's own fields: kubectl explain scaledobject.spec.triggers"
            yield Diagnostic("keda-trigger", message, at, hint=hint)
        if not problems:
            yield from _refused(spec, (*path, "autoscale", "keda", index), trigger)


def _refused(spec: Spec, path: Path, trigger: Trigger) -> Iterator[Diagnostic]:
    for (kind, *inner), field, is_wrong, wrong, hint in _RULES:
        held: Any = getattr(trigger, kind)
        for part in inner:
            held = held.get(part) if isinstance(held, Mapping) else None
        if not isinstance(held, Mapping) or not is_wrong(held, getattr(trigger, kind)):
            continue
        where = (*path, kind, *inner)
        at = spec.at(*where, field) if field in held else spec.at(*where)
        message = f"`{dotted((kind, *inner))}` {wrong}"
        yield Diagnostic("keda-trigger", message, at, hint=hint)


def _is_small(target: Mapping[str, Any]) -> bool:
    try:
        return parse_quantity(target["averageValue"]).value < 2**20
    except (KeyError, ValueError):
        return False


def _is_utilization(target: Mapping[str, Any]) -> bool:
    return target.get("type") == "Utilization"


_Judge = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]
# A block, a field there, whether it is wrong (of the block, and the trigger), why, and a hint.
_RULES: tuple[tuple[tuple[str, ...], str, _Judge, str, str], ...] = (
    (
        ("resource", "target"),
        "type",
        lambda target, of: of.get("name") == "cpu" and not _is_utilization(target),
        "must be by Utilization for cpu",
        "write {type: Utilization, averageUtilization: 80}",
    ),
    (
        ("resource", "target"),
        "type",
        lambda target, of: of.get("name") == "memory" and target.get("type") == "Value",
        "must be by Utilization or AverageValue for memory",
        "write {type: Utilization, averageUtilization: 80}",
    ),
    (
        ("resource", "target"),
        "averageUtilization",
        lambda target, _: (
            _is_utilization(target)
            and not (
                isinstance(share := target.get("averageUtilization"), int) and 1 <= share <= 100
            )
        ),
        "must have a whole averageUtilization from 1 to 100",
        "add averageUtilization: 80",
    ),
    (
        ("resource", "target"),
        "averageValue",
        lambda target, of: (
            of.get("name") == "memory"
            and target.get("type") == "AverageValue"
            and ("averageValue" not in target or _is_small(target))
        ),
        "must have an averageValue of 1Mi or more",
        "for example averageValue: 500Mi",
    ),
    *(
        rule
        for kind in ("external", "podmetric")
        for rule in (
            (
                (kind, "metric"),
                "query",
                lambda metric, _: not metric.get("query"),
                "must have a query",
                "add query, whose answer is held against target.value",
            ),
            (
                (kind, "target"),
                "value",
                lambda target, _: "value" not in target,
                "must have a value",
                'write {type: Value, value: "10"}',
            ),
        )
    ),
    (
        ("external", "metric"),
        "serverAddress",
        lambda metric, _: not metric.get("serverAddress"),
        "must have a serverAddress",
        "add serverAddress, for example http://prometheus.monitoring:9090",
    ),
)
