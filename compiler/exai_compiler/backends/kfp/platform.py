"""What only Kubernetes knows of a step, as KFP's KubernetesExecutorConfig. In: settings. Out: JSON.

Shapes: kubernetes_platform/proto/kubernetes_executor_config.proto of kubeflow/pipelines. Like its
own SDK, both the deprecated name and the parameter that replaced it are written, so that backends
before and after the change read it. Nothing here holds a secret's value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import attrgetter

from exai_compiler.backends.kfp.channels import Here, parameter
from exai_compiler.backends.kfp.names import Names
from exai_compiler.backends.kfp.pods import placed
from exai_compiler.backends.kfp.settings import Settings
from exai_compiler.graph import Constant, FromItem, FromParameter, FromStep, Items, bind
from exai_specs.frozen import Json, empty
from exai_specs.kinds.environment import Environment
from exai_specs.kinds.workload import ConfigMapRef, FieldRef, SecretRef


def executor_config(
    settings: Settings, environment: Environment, items: Items, here: Here
) -> Mapping[str, Json]:
    """The step's part of the platform spec, of the items that it sees and the DAG that it is in;
    empty when it needs none.
    """
    if not any(_GIVES(settings)):  # as in most
        return empty()
    names = Names(environment, lambda text: _given(text, items, here))
    found: dict[str, Json] = {}
    if settings.env:
        found |= _variables(settings, names)
    if settings.timeout is not None:
        # An int64, which is text in a protobuf's JSON.
        found["activeDeadlineSeconds"] = str(-(-settings.timeout.ms // 1000))
    if settings.pod.volumes:
        from exai_compiler.backends.kfp.volumes import mounted  # few pipelines have any

        found |= mounted(settings.pod.volumes, names)
    return {**found, **placed(settings, names)}


_GIVES = attrgetter(
    "env",
    "timeout",
    "node_selector",
    "tolerations",
    "pod.volumes",
    "pod.image_pull_secrets",
    "pod.image_pull_policy",
    "pod.security_context",
    "pod.pod_labels",
    "pod.pod_annotations",
    "pod.kubernetes",
)
"""All of a step's settings that Kubernetes is told of."""


def _variables(settings: Settings, names: Names) -> Mapping[str, Json]:
    """Those that name what holds their value."""
    found = {
        "secretAsEnv": tuple(_secrets(settings, names)),
        "configMapAsEnv": tuple(_config_maps(settings, names)),
        "fieldPathAsEnv": tuple(_fields(settings)),
    }
    return {field: told for field, told in found.items() if told}


def _secrets(settings: Settings, names: Names) -> Iterator[Json]:
    """One entry a Secret, sorted; an environment may call a Secret by another name."""
    wanted = sorted(
        (value.secret, value.optional, name, value.key)
        for name, value in settings.env.items()
        if isinstance(value, SecretRef)
    )
    for (secret, optional), group in groupby(wanted, lambda item: item[:2]):
        yield {
            **names.secret(secret),
            "keyToEnv": tuple({"envVar": name, "secretKey": key} for _, _, name, key in group),
            **({"optional": True} if optional else {}),
        }


def _config_maps(settings: Settings, names: Names) -> Iterator[Json]:
    wanted = sorted(
        (value.config_map, value.optional, name, value.key)
        for name, value in settings.env.items()
        if isinstance(value, ConfigMapRef)
    )
    for (config_map, optional), group in groupby(wanted, lambda item: item[:2]):
        yield {
            **names.named(config_map, "configMapName"),
            "keyToEnv": tuple({"envVar": name, "configMapKey": key} for _, _, name, key in group),
            **({"optional": True} if optional else {}),
        }


def _fields(settings: Settings) -> Iterator[Json]:
    for name in sorted(settings.env):
        if isinstance(value := settings.env[name], FieldRef):
            yield {"name": name, "fieldPath": value.field}


def _given(text: str, items: Items, here: Here) -> Json | None:
    """What gives this text at run time: a parameter, an output, an item; None for plain text."""
    match bind(text, items):
        case Constant():
            return None
        case FromParameter() | FromStep() | FromItem() as source:
            return parameter(source, here)
        case _:
            raise ValueError(f"{text} must be text, or one reference")
