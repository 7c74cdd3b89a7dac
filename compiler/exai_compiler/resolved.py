"""A project whose open values are `Known` or `Unknown(reason)`: what a render starts from."""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.build import Materialization, Promotion, RunKey
from exai_compiler.catalog import Catalog
from exai_compiler.facts import Facts, Lock, ModelVersion
from exai_compiler.graph import Graph
from exai_compiler.maybe import Maybe, Unknown
from exai_compiler.project import Project
from exai_specs.kinds import Environment
from exai_specs.values import frozen


@frozen
class Resolved:
    """`models` maps a reference as written (`iris_model@champion`) to the version that it means
    now.

    `meanings` maps a pipeline's name to its meaning hash (DESIGN section 4), `producers` a model's
    to the pipelines that register versions of it.
    """

    project: Project
    name: str
    environment: Environment
    catalog: Catalog
    lock: Lock
    facts: Facts
    graphs: Mapping[str, Graph]
    meanings: Mapping[str, str]
    producers: Mapping[str, tuple[str, ...]]
    models: Mapping[str, Maybe[ModelVersion]]
    promotions: tuple[Promotion, ...]
    runs: tuple[RunKey, ...]
    waiting: tuple[Unknown, ...]
    materializations: tuple[Materialization, ...] = ()
