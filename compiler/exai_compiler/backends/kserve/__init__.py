"""KServe: a Service becomes an InferenceService, with exai's own ServingRuntimes that it runs in; a
Runtime a (Cluster)ServingRuntime, a Graph an InferenceGraph, an LLMService an LLMInferenceService.

Field by field as KServe v0.20 has it (pkg/apis/serving/v1beta1, v1alpha1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from exai_compiler.backends.kserve.own_runtimes import render_runtime
from exai_compiler.backends.kserve.service import render_service
from exai_compiler.build import Rendered
from exai_compiler.resolved import Resolved
from exai_specs.parse import Spec

NAME = "kserve"


def render_graph(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """As below."""
    from exai_compiler.backends.kserve import graph

    return graph.render_graph(resolved, spec)


def render_llm_service(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """Few projects have an LLMService: the others don't import what renders one."""
    from exai_compiler.backends.kserve import llm_service

    return llm_service.render_llm_service(resolved, spec)


RENDERERS: Mapping[str, Callable[[Resolved, Spec], tuple[Rendered, ...]]] = MappingProxyType(
    {
        "Graph": render_graph,
        "LLMService": render_llm_service,
        "Runtime": render_runtime,
        "Service": render_service,
    }
)
