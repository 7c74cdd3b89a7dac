"""Kubernetes' own objects: the ConfigMap `exai-runtime`, and what a Manifest holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from exai_compiler.backends.kubernetes.runtime_config import render_project
from exai_compiler.build import Rendered
from exai_compiler.resolved import Resolved
from exai_specs.parse import Spec

NAME = "kubernetes"


def render_manifest(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """Few projects have a Manifest: the others don't import what renders one, nor the CRDs."""
    from exai_compiler.backends.kubernetes import manifest

    return manifest.render_manifest(resolved, spec)


RENDERERS: Mapping[str, Callable[[Resolved, Spec], tuple[Rendered, ...]]] = MappingProxyType(
    {"Manifest": render_manifest, "Project": render_project}
)
