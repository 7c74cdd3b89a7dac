"""What KFP runs. In: a resolved project, a pipeline. Out: PipelineSpec, PlatformSpec, their hash.

The pipeline spec is the same in every environment, images apart; the platform spec is the
environment's. Neither holds an address, a credential or an absolute path. Descriptions, the
pipeline's display name and versions of tools are left out: a PipelineVersion can't change, so what
its name doesn't depend on must not be in it; the Pipeline says them.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.backends.kfp.claims import with_claims
from exai_compiler.backends.kfp.components import executor_label
from exai_compiler.backends.kfp.dags import Dags, here_of, task_name
from exai_compiler.backends.kfp.filled import RESERVED
from exai_compiler.backends.kfp.pipeline_config import pipeline_config
from exai_compiler.backends.kfp.platform import executor_config
from exai_compiler.backends.kfp.ports import definitions, outputs_of
from exai_compiler.backends.kfp.settings import settings, told
from exai_compiler.backends.kfp.surroundings import surroundings
from exai_compiler.backends.kfp.values import constant, parameter_type
from exai_compiler.graph import Graph
from exai_compiler.resolved import Resolved
from exai_specs.frozen import Json, digest
from exai_specs.kinds.parameter import ParameterFields
from exai_specs.kinds.pipeline import PipelineSpec

SCHEMA_VERSION = "2.1.0"
"""The only one that KFP's API server takes (backend/src/apiserver/template/v2_template.go)."""


def pipeline_spec(resolved: Resolved, pipeline: PipelineSpec, graph: Graph) -> Json:
    """The PipelineSpec of pipeline_spec.proto. Raises ValueError for what the checks refuse."""
    dags = Dags(resolved, pipeline, with_claims(graph, pipeline))
    root = dags.root()
    parameters: dict[str, Json] = {**RESERVED}
    parameters.update({name: _parameter(p) for name, p in pipeline.parameters.items()})
    return {
        "pipelineInfo": {"name": graph.pipeline.name},
        "schemaVersion": SCHEMA_VERSION,
        "root": {
            "inputDefinitions": {"parameters": dict(sorted(parameters.items()))},
            "dag": {"tasks": root.tasks, **outputs_of(root)},
            **({"outputDefinitions": definitions(root, False)} if root.outputs else {}),
        },
        "components": dags.components,
        "deploymentSpec": {"executors": dags.executors},
    }


def platform_spec(resolved: Resolved, pipeline: PipelineSpec, graph: Graph) -> Json:
    """The PlatformSpec, or an empty mapping when nothing needs one."""
    graph = with_claims(graph, pipeline)
    executors = {
        executor_label(task_name(step)): config
        for _, step in sorted(graph.steps.items())
        if (
            config := executor_config(
                told(settings(pipeline, step), surroundings(resolved, graph, step)),
                resolved.environment,
                step.items,
                here_of(graph, step),
            )
        )
    }
    platform: dict[str, Json] = {}
    if executors:
        platform["deploymentSpec"] = {"executors": executors}
    if config := pipeline_config(pipeline):
        platform["pipelineConfig"] = config
    return {"platforms": {"kubernetes": platform}} if platform else {}


def ir_hash(pipeline_spec: Json, platform_spec: Json) -> str:
    """SHA-256 in hexadecimal of both, without sdkVersion and descriptions (DESIGN section 4).

    Descriptions of the pipeline and of inputs and outputs, that is; an input may be called so.
    """
    spec = _without("sdkVersion", pipeline_spec)
    spec["pipelineInfo"] = _without("description", spec.get("pipelineInfo"))
    spec["root"] = _undescribed(spec.get("root"))
    components = _mapping(spec.get("components"))
    spec["components"] = {name: _undescribed(each) for name, each in components.items()}
    return digest({"pipelineSpec": spec, "platformSpec": platform_spec})


def _undescribed(component: Json) -> Json:
    found = dict(_mapping(component))
    for field in ("inputDefinitions", "outputDefinitions"):
        if field in found:
            found[field] = {
                kind: {
                    name: _without("description", port) for name, port in _mapping(ports).items()
                }
                for kind, ports in _mapping(found[field]).items()
            }
    return found


def _without(key: str, value: Json) -> dict[str, Json]:
    return {name: item for name, item in _mapping(value).items() if name != key}


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _parameter(parameter: ParameterFields) -> Mapping[str, Json]:
    """A parameter with a default may be left out; `optional` without one is null then."""
    found: dict[str, Json] = {"parameterType": parameter_type(parameter.type)}
    if parameter.optional or parameter.default is not None:
        found["isOptional"] = True
    if parameter.default is not None:
        found["defaultValue"] = constant(parameter.default)
    if parameter.enum:
        found["literals"] = constant(parameter.enum)
    return found
