"""What KFP runs. In: a resolved project, a pipeline. Out: PipelineSpec, PlatformSpec, their hash.

The pipeline spec is the same in every environment, images apart; the platform spec is the
environment's. Neither holds an address, a credential or an absolute path. Descriptions, the
pipeline's display name and versions of tools are left out: a PipelineVersion can't change, so what
its name doesn't depend on must not be in it; the Pipeline says them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from exai_compiler.backends.kfp.alike import told_apart
from exai_compiler.backends.kfp.claims import with_claims
from exai_compiler.backends.kfp.dags import Dags
from exai_compiler.backends.kfp.filled import RESERVED
from exai_compiler.backends.kfp.leaf import place
from exai_compiler.backends.kfp.pipeline_config import pipeline_config
from exai_compiler.backends.kfp.ports import dag_of, definitions, taken
from exai_compiler.graph import Frame, Graph
from exai_compiler.resolved import Resolved
from exai_specs.frozen import Encoded, Json, encoded, mapping
from exai_specs.kinds.pipeline import PipelineSpec

SCHEMA_VERSION = "2.1.0"
"""The only one that KFP's API server takes (backend/src/apiserver/template/v2_template.go)."""
_SCHEMA_VERSION = encoded(SCHEMA_VERSION)
_NOTHING = encoded({})


class Intermediate(NamedTuple):
    """`platform` is empty when Kubernetes needn't be told anything."""

    pipeline: Encoded
    platform: Json

    @property
    def hash(self) -> str:
        """SHA-256 in hexadecimal of both (DESIGN section 4). What people read, and what a tool says
        of itself, isn't in them: see above.
        """
        platform = encoded(self.platform) if self.platform else _NOTHING
        return mapping({"pipelineSpec": self.pipeline, "platformSpec": platform}).digest


def intermediate(resolved: Resolved, pipeline: PipelineSpec, graph: Graph) -> Intermediate:
    """The PipelineSpec of pipeline_spec.proto, and the PlatformSpec. Raises ValueError for what the
    checks refuse.
    """
    dags = Dags(place(resolved, pipeline, Frame(with_claims(graph, pipeline))))
    dag = dags.root()
    executors = told_apart(dags.written, dags.components, dags.executors)
    root = {"inputDefinitions": encoded(taken(graph, RESERVED)), "dag": dag_of(dag)}
    if dag.outputs:
        root["outputDefinitions"] = encoded(definitions(dag, False))
    spec = mapping(
        {
            "pipelineInfo": encoded({"name": graph.pipeline.name}),
            "schemaVersion": _SCHEMA_VERSION,
            "root": mapping(root),
            "components": mapping(dags.components),
            "deploymentSpec": mapping({"executors": mapping(executors)}),
        }
    )
    return Intermediate(spec, _platform_spec(pipeline, dags.configs))


def _platform_spec(pipeline: PipelineSpec, configs: Mapping[str, Json]) -> Json:
    platform: dict[str, Json] = {}
    if configs:
        platform["deploymentSpec"] = {"executors": configs}
    if config := pipeline_config(pipeline):
        platform["pipelineConfig"] = config
    return {"platforms": {"kubernetes": platform}} if platform else {}
