"""Environment variables and resources as a Kubernetes container has them.

In: spec values. Out: parts of a body.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import assert_never

from exai_compiler.maybe import Tree
from exai_specs.kinds.connections import SecretName
from exai_specs.kinds.environment import Environment
from exai_specs.kinds.workload import ConfigMapRef, FieldRef, ResourceFields, SecretRef
from exai_specs.units import Quantity

EnvValue = str | SecretRef | ConfigMapRef | FieldRef


def env(values: Mapping[str, EnvValue], environment: Environment) -> tuple[Tree, ...]:
    """The `env` list, sorted by name.

    A secret stays a reference, under its name in the environment.
    """
    return tuple(
        _plain(name, value)
        if isinstance(value := values[name], str)
        else MappingProxyType({"name": name, **_source(value, environment)})
        for name in sorted(values)
    )


@lru_cache(maxsize=1024)
def _plain(name: str, value: str) -> Tree:
    """Containers share the value, and most of what they are told."""
    return MappingProxyType({"name": name, "value": value})


def _source(
    value: SecretRef | ConfigMapRef | FieldRef, environment: Environment
) -> dict[str, Tree]:
    match value:
        case SecretRef():
            reference: dict[str, Tree] = {
                "key": value.key,
                "name": secret_name(value.secret, environment),
            }
            if value.optional:
                reference["optional"] = True
            return {"valueFrom": MappingProxyType({"secretKeyRef": MappingProxyType(reference)})}
        case ConfigMapRef():
            named: dict[str, Tree] = {"key": value.key, "name": value.config_map}
            if value.optional:
                named["optional"] = True
            return {"valueFrom": MappingProxyType({"configMapKeyRef": MappingProxyType(named)})}
        case FieldRef():
            path = MappingProxyType({"fieldPath": value.field})
            return {"valueFrom": MappingProxyType({"fieldRef": path})}
    assert_never(value)


def secret_name(secret: str, environment: Environment) -> str:
    """What a Secret is called there."""
    there = environment.secrets.get(secret)
    return there.name if isinstance(there, SecretName) else secret


def resources(wanted: ResourceFields) -> Tree:
    """Requests, and limits where they aren't stated otherwise the same; quantities in Kubernetes'
    canonical form.
    """
    requests = _amounts(wanted.cpu, wanted.memory, wanted.extended)
    limits = dict(requests)
    if wanted.limits is not None:
        limits |= _amounts(wanted.limits.cpu, wanted.limits.memory, wanted.limits.extended)
    return MappingProxyType(
        {
            name: MappingProxyType(dict(sorted(amounts.items())))
            for name, amounts in (("limits", limits), ("requests", requests))
            if amounts
        }
    )


def _amounts(
    cpu: Quantity | None, memory: Quantity | None, extended: Mapping[str, Quantity]
) -> dict[str, Tree]:
    found: dict[str, Tree] = {name: str(amount) for name, amount in extended.items()}
    if cpu is not None:
        found["cpu"] = str(cpu)
    if memory is not None:
        found["memory"] = str(memory)
    return found
