"""KServe: a Service becomes an InferenceService, and the ServingRuntime of H2O MOJO models that it
runs in.

Field by field as KServe v0.20 has it (pkg/apis/serving/v1beta1, v1alpha1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from exai_compiler.backends.kserve.service import render_service
from exai_compiler.build import Rendered
from exai_compiler.resolved import Resolved
from exai_specs.parse import Spec

NAME = "kserve"

RENDERERS: Mapping[str, Callable[[Resolved, Spec], tuple[Rendered, ...]]] = MappingProxyType(
    {"Service": render_service}
)
