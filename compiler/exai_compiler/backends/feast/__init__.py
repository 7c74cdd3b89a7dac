"""Feast: all entities, feature views and feature services of a project are one repository.

As Feast 0.67 has it (sdk/python/feast). Feast's own apply deletes what a repository no longer says,
so there is one object, and the Project is what renders it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from exai_compiler.backends.feast.repository import render_repository
from exai_compiler.build import Rendered
from exai_compiler.resolved import Resolved
from exai_specs.parse import Spec

NAME = "feast"

RENDERERS: Mapping[str, Callable[[Resolved, Spec], tuple[Rendered, ...]]] = MappingProxyType(
    {"Project": render_repository}
)
