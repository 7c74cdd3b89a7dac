"""A step as KFP's PipelineTaskSpec. In: a step, its settings and bindings, the DAG. Out: JSON."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from exai_compiler.backends.kfp.channels import Carried, Here
from exai_compiler.backends.kfp.inputs import task_inputs
from exai_compiler.backends.kfp.settings import Settings
from exai_compiler.catalog import Component
from exai_compiler.graph import FINALLY, Binding, Constant, FromStep, Step, sources
from exai_specs.frozen import Json, empty
from exai_specs.kinds.step_parts import Retry
from exai_specs.units import Duration

EXIT_HANDLER = "exit-handler"
"""The task that holds all steps of a pipeline with `finally`; no step can have its name then."""

WHEN_DONE = "ALL_UPSTREAM_TASKS_COMPLETED"
_WHEN_DONE: Json = MappingProxyType({"strategy": WHEN_DONE})


class Role(NamedTuple):
    """What a step is among others: what its task is called, what it waits for, whether it is the
    one in `finally`, and whether it runs whatever becomes of those before it.
    """

    shown: str
    needs: tuple[str, ...]
    is_last: bool
    whatever_happens: bool


def role(step: Step, name: str) -> Role:
    """That of a step whose task has this name."""
    spec = step.spec
    is_last = step.name == FINALLY
    return Role(spec.display_name or name, step.needs, is_last, spec.ignore_upstream_failure)


def task(
    role: Role,
    label: str,
    component: Component,
    settings: Settings,
    bindings: Mapping[str, Binding],
    here: Here,
    given: Mapping[str, Carried] = MappingProxyType({}),
) -> Mapping[str, Json]:
    """The task of a step that has a component, which stands under `label`; read-only. It waits for
    all that it reads here, and for `after`. `given` is what gives its image and its resources in a
    run.
    """
    is_last = role.is_last
    found: dict[str, Json] = {
        "taskInfo": _called(role.shown),
        "componentRef": _called(label),
        "cachingOptions": _caching(settings),
    }
    if needs := (EXIT_HANDLER,) if is_last else waits_for(role.needs, bindings, here):
        found["dependentTasks"] = needs
    if inputs := task_inputs(component, bindings, here, EXIT_HANDLER, given):
        found["inputs"] = inputs
    if is_last or (role.whatever_happens and needs):
        found["triggerPolicy"] = _WHEN_DONE
    if settings.retry is not None:
        found["retryPolicy"] = _retry_policy(settings.retry)
    return MappingProxyType(found)


@lru_cache(maxsize=4096)
def _called(name: str) -> Json:
    return MappingProxyType({"name": name})


_CACHED: Json = MappingProxyType({"enableCache": True})


def _caching(settings: Settings) -> Json:
    if not settings.cache:
        return empty()
    if not settings.cache_key:
        return _CACHED
    return MappingProxyType({"enableCache": True, "cacheKey": settings.cache_key})


def waits_for(
    needs: tuple[str, ...], bindings: Mapping[str, Binding], here: Here
) -> tuple[str, ...]:
    """The tasks of this DAG that a step or group waits for, sorted."""
    read = set(needs)
    for binding in bindings.values():
        if isinstance(binding, FromStep):
            read.add(binding.step)
        elif not isinstance(binding, Constant):
            read.update(s.step for s in sources(binding) if isinstance(s, FromStep))
    return tuple(sorted(here.tasks & read))


@lru_cache(maxsize=256)
def _retry_policy(retry: Retry) -> Json:
    """All four fields, as the SDK writes them (`RetryPolicy.to_proto` in kfp/dsl/structures.py).
    Argo, which does it, reads the factor as a whole number (argoproj/argo-workflows#6454), and the
    last of them as the time for all tries.
    """
    return MappingProxyType(
        {
            "maxRetryCount": retry.max,
            "backoffDuration": _seconds(retry.backoff),
            "backoffFactor": retry.factor,
            "backoffMaxDuration": _seconds(retry.max_backoff),
        }
    )


def _seconds(duration: Duration) -> str:
    """A protobuf Duration: `30s`, `0.500s`."""
    seconds, rest = divmod(duration.ms, 1000)
    return f"{seconds}.{rest:03}s" if rest else f"{seconds}s"
