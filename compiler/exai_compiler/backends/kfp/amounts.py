"""What the container of a step requests and may use at most, as KFP's ResourceSpec.

In: settings, and the items that the step sees. Out: JSON, and what gives an amount in a run, by the
input that carries it. Without the deprecated `cpuLimit` and its kind, which the SDK writes beside
these; like the SDK, a task has an input of its own for each amount that a run gives
(`build_task_spec_for_task` in kfp/compiler/pipeline_spec_builder.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.backends.kfp.channels import Carried, carried
from exai_compiler.backends.kfp.inputs import placeholder
from exai_compiler.backends.kfp.settings import Settings
from exai_compiler.graph import Items, bind, sources
from exai_specs.frozen import Json
from exai_specs.kinds.workload import Amount

_OWN = ("cpu", "memory")


def resources(settings: Settings, items: Items) -> Mapping[str, Json]:
    """The ResourceSpec; empty when nothing is asked for."""
    found: dict[str, Json] = {}
    if settings.resources is None:
        return found
    requests, limits = settings.requests, settings.limits
    for name in _OWN:
        for kind, amounts in (("Request", requests), ("Limit", limits)):
            if (amount := amounts.get(name)) is not None:
                found[f"resource{name.capitalize()}{kind}"] = _shown(amount, items)
    for name, amount in limits.items():
        if name not in _OWN:
            found["accelerator"] = {"resourceType": name, "resourceCount": _shown(amount, items)}
    return found


def given_amounts(settings: Settings, items: Items) -> Mapping[str, Carried]:
    """What gives each amount that isn't written, by the name that the SDK has for its input."""
    found: dict[str, Carried] = {}
    for name, amount in _named(settings) if settings.resources is not None else ():
        if isinstance(amount, str):
            found[name] = _source(amount, items)
    return found


def _named(settings: Settings) -> Iterator[tuple[str, Amount]]:
    for kind, amounts in (("request", settings.requests), ("limit", settings.limits)):
        for name, amount in amounts.items():
            if name in _OWN:
                yield f"{name}_{kind}", amount
            elif kind == "limit":
                yield "accelerator_count", amount


def _shown(amount: Amount, items: Items) -> str:
    return placeholder(_source(amount, items)) if isinstance(amount, str) else str(amount)


def _source(text: str, items: Items) -> Carried:
    found = carried(sources(bind(text, items)))
    if len(found) != 1:
        raise ValueError(f"{text} must be one reference")
    return found[0]
