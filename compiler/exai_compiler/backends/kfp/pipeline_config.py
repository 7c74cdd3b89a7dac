"""What Kubernetes is told of a pipeline as a whole, as KFP's PipelineConfig. In: a Pipeline's spec.
Out: JSON (`_merge_pipeline_config` in kfp/compiler/pipeline_spec_builder.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_specs.frozen import Json
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.kinds.run_storage import Workspace


def pipeline_config(pipeline: PipelineSpec) -> Mapping[str, Json]:
    """Empty when there is nothing to tell."""
    found: dict[str, Json] = {}
    if pipeline.workspace is not None:
        found["workspace"] = _workspace(pipeline.workspace)
    if (ttl := pipeline.ttl) is not None:
        for ended, kept in (
            ("Completion", ttl.completion),
            ("Success", ttl.success),
            ("Failure", ttl.failure),
        ):
            if kept is not None:
                found[f"resourceTtlOn{ended}"] = kept.ms // 1000
    if pipeline.timeout is not None:
        found["activeDeadlineSeconds"] = pipeline.timeout.ms // 1000
    return found


def _workspace(workspace: Workspace) -> Json:
    patch: dict[str, Json] = {}
    if workspace.access_modes:
        patch["accessModes"] = workspace.access_modes
    if workspace.storage_class is not None:
        patch["storageClassName"] = workspace.storage_class
    return {"size": str(workspace.size), "kubernetes": {"pvcSpecPatch": patch}}
