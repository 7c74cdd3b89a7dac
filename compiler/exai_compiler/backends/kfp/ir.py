"""What KFP runs. In: a resolved project, a pipeline. Out: PipelineSpec, PlatformSpec, their hash.

The pipeline spec is the same in every environment, images apart; the platform spec is the
environment's. Neither holds an address, a credential or an absolute path. Descriptions, the
pipeline's display name and versions of tools are left out: a PipelineVersion can't change, so what
its name doesn't depend on must not be in it; the Pipeline says them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from exai_compiler.backends.kfp.claims import with_claims
from exai_compiler.backends.kfp.components import executor_label
from exai_compiler.backends.kfp.dags import Dags, body_of, here_of, task_name
from exai_compiler.backends.kfp.filled import RESERVED
from exai_compiler.backends.kfp.pipeline_config import pipeline_config
from exai_compiler.backends.kfp.platform import executor_config
from exai_compiler.backends.kfp.ports import definitions, outputs_of, taken
from exai_compiler.backends.kfp.settings import settings, told
from exai_compiler.backends.kfp.surroundings import surroundings
from exai_compiler.graph import Frame, Graph
from exai_compiler.resolved import Resolved
from exai_specs.frozen import Encoded, Json, encoded, mapping
from exai_specs.kinds.pipeline import PipelineSpec

SCHEMA_VERSION = "2.1.0"
"""The only one that KFP's API server takes (backend/src/apiserver/template/v2_template.go)."""


def pipeline_spec(resolved: Resolved, pipeline: PipelineSpec, graph: Graph) -> Encoded:
    """The PipelineSpec of pipeline_spec.proto. Raises ValueError for what the checks refuse."""
    dags = Dags(resolved, pipeline, Frame(with_claims(graph, pipeline)))
    dag = dags.root()
    root: dict[str, Json] = {
        "inputDefinitions": taken(graph, RESERVED),
        "dag": {"tasks": dag.tasks, **outputs_of(dag)},
    }
    if dag.outputs:
        root["outputDefinitions"] = definitions(dag, False)
    return mapping(
        {
            "pipelineInfo": encoded({"name": graph.pipeline.name}),
            "schemaVersion": encoded(SCHEMA_VERSION),
            "root": encoded(root),
            "components": mapping(dags.components),
            "deploymentSpec": mapping({"executors": mapping(dags.executors)}),
        }
    )


def platform_spec(resolved: Resolved, pipeline: PipelineSpec, graph: Graph) -> Json:
    """The PlatformSpec, or an empty mapping when nothing needs one."""
    executors = dict(_executors(resolved, pipeline, Frame(graph), ""))
    platform: dict[str, Json] = {}
    if executors:
        platform["deploymentSpec"] = {"executors": executors}
    if config := pipeline_config(pipeline):
        platform["pipelineConfig"] = config
    return {"platforms": {"kubernetes": platform}} if platform else {}


def _executors(
    resolved: Resolved, pipeline: PipelineSpec, frame: Frame, before: str
) -> Iterator[tuple[str, Json]]:
    """What Kubernetes is told of each leaf, those of called pipelines included."""
    frame = replace(frame, graph=with_claims(frame.graph, pipeline))
    for _, step in sorted(frame.graph.steps.items()):
        name = before + task_name(step)
        if (inner := frame.inside(step)) is not None:
            body = body_of(resolved, inner.graph)
            yield from _executors(resolved, body, inner, f"{name}--")
            continue
        how = told(settings(pipeline, step), surroundings(resolved, frame, step))
        here = here_of(frame.graph, step)
        if config := executor_config(how, resolved.environment, step.items, here):
            yield executor_label(name), config


def ir_hash(pipeline_spec: Encoded, platform_spec: Json) -> str:
    """SHA-256 in hexadecimal of both (DESIGN section 4). What people read, and what a tool says of
    itself, isn't in them: see above.
    """
    return mapping({"pipelineSpec": pipeline_spec, "platformSpec": encoded(platform_spec)}).digest
