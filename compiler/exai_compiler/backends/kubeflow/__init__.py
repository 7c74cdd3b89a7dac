"""Kubeflow's own objects: a Notebook becomes a Notebook of kubeflow.org/v1 and its claim.

Field by field as Kubeflow Notebooks v1 has it (components/notebook-controller).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from exai_compiler.backends.kubeflow.notebook import render_notebook
from exai_compiler.build import Rendered
from exai_compiler.resolved import Resolved
from exai_specs.parse import Spec

NAME = "kubeflow"

RENDERERS: Mapping[str, Callable[[Resolved, Spec], tuple[Rendered, ...]]] = MappingProxyType(
    {"Notebook": render_notebook}
)
