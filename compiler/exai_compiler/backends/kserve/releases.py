"""Which KServe an environment has, by its `platform`, and what an LLMInferenceService can't say
there (targets 4).

In: an environment. Out: the version of the API, and paths of fields that the release drops or
ignores.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.kinds import Environment

LLM_V1ALPHA1 = "serving.kserve.io/v1alpha1"
LLM_V1ALPHA2 = "serving.kserve.io/v1alpha2"

# Platform -> its KServe, where that isn't the newest that exai knows (kubeflow/manifests 26.03).
OLDER: Mapping[str, str] = MappingProxyType({"kubeflow-26.03": "0.16"})

_WORKLOAD = (
    ("annotations",),
    ("kvCacheOffloading",),
    ("labels",),
    ("rolloutStrategy",),
    ("scaling",),
)
# KServe 0.16, pkg/apis/serving/v1alpha1/llm_inference_service_types.go: the API server drops them.
# `lora` is there, but its controller reads none (pkg/controller/v1alpha1/llmisvc).
NOT_IN_0_16: tuple[tuple[str, ...], ...] = (
    *(("spec", *path) for path in _WORKLOAD),
    *(("spec", "prefill", *path) for path in _WORKLOAD),
    ("spec", "model", "confidential"),
    ("spec", "model", "lora"),
    ("spec", "router", "route", "group"),
    ("spec", "router", "route", "weight"),
    ("spec", "router", "scheduler", "annotations"),
    ("spec", "router", "scheduler", "labels"),
    ("spec", "router", "scheduler", "replicas"),
    ("spec", "router", "scheduler", "tokenizer"),
    ("spec", "tracing"),
)


def older(environment: Environment) -> str | None:
    """The release of KServe there, where it is an older one."""
    return OLDER.get(environment.platform or "")


def llm_api(environment: Environment) -> str:
    """The API in which an LLMInferenceService is written there."""
    return LLM_V1ALPHA1 if older(environment) else LLM_V1ALPHA2
