"""Kubeflow's own objects: a Notebook becomes a Notebook of kubeflow.org/v1 and its claim.

Field by field as Kubeflow Notebooks v1 has it (components/notebook-controller).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from exai_compiler.build import Rendered
from exai_compiler.resolved import Resolved
from exai_specs.parse import Spec

NAME = "kubeflow"


def render_notebook(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """The server and its claim. Few projects have a Notebook: the others don't import what renders
    one."""
    from exai_compiler.backends.kubeflow import notebook

    return notebook.render_notebook(resolved, spec)


RENDERERS: Mapping[str, Callable[[Resolved, Spec], tuple[Rendered, ...]]] = MappingProxyType(
    {"Notebook": render_notebook}
)
