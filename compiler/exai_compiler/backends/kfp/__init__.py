"""Kubeflow Pipelines: the IR of a Pipeline, and the two objects that carry it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from exai_compiler.backends.kfp.objects import render_pipeline
from exai_compiler.build import Rendered
from exai_compiler.resolved import Resolved
from exai_specs.parse import Spec

NAME = "kfp"
RENDERERS: Mapping[str, Callable[[Resolved, Spec], tuple[Rendered, ...]]] = MappingProxyType(
    {"Pipeline": render_pipeline}
)
