"""The interface of a step, as KFP's ComponentSpec. In: a component of the catalog. Out: JSON.

One component per step, named after it: KFP's local runner names a step's folder after its
component, so two steps that shared one would overwrite each other's outputs. Descriptions stay out,
as the SDK leaves them out of a version 1 component (`from_v1_component_spec` in
kfp/dsl/structures.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from exai_compiler.backends.kfp.values import PARAMETER_TYPES, artifact_type, default_value
from exai_compiler.catalog import Component, Port
from exai_specs.frozen import Encoded, Json, encoded


def component_label(step: str) -> str:
    """The key of a step's component; of a step in a called pipeline `step` is `<call>--<step>`,
    which no other step can be: names have no `--`.
    """
    return f"comp-{step}"


def executor_label(step: str) -> str:
    """The key of a step's executor, in the deployment spec and in the platform spec."""
    return f"exec-{step}"


@lru_cache(maxsize=4096)
def component_spec(step: str, component: Component) -> Encoded:
    """What goes in and out of a step, and who executes it. Steps of one name share the value."""
    found: dict[str, Json] = {"executorLabel": executor_label(step)}
    if component.inputs:
        found["inputDefinitions"] = _definitions(component.inputs)
    if component.outputs:
        found["outputDefinitions"] = _definitions(component.outputs)
    return encoded(found)


def _definitions(ports: Mapping[str, Port]) -> Json:
    artifacts: dict[str, Json] = {}
    parameters: dict[str, Json] = {}
    for name, port in sorted(ports.items()):
        if port.is_artifact:
            artifacts[name] = _artifact(port)
        else:
            parameters[name] = _parameter(port)
    found: dict[str, Json] = {}
    if artifacts:
        found["artifacts"] = artifacts
    if parameters:
        found["parameters"] = parameters
    return found


def _artifact(port: Port) -> Json:
    found: dict[str, Json] = {"artifactType": artifact_type(port.type)}
    if port.many:
        found["isArtifactList"] = True
    if port.optional:
        found["isOptional"] = True
    return found


def _parameter(port: Port) -> Json:
    found: dict[str, Json] = {"parameterType": PARAMETER_TYPES[port.type]}
    if port.optional:
        found["isOptional"] = True
        if port.default is not None:
            found["defaultValue"] = default_value(port)
    return found
