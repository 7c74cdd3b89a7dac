"""Katib: a Tuning becomes an Experiment, whose trials are Jobs.

Field by field as Katib v0.19 has it (pkg/apis/controller/experiments/v1beta1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from exai_compiler.build import Rendered
from exai_compiler.resolved import Resolved
from exai_specs.parse import Spec

NAME = "katib"


def render_tuning(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """The Experiment. Few projects have a Tuning: the others don't import what renders one."""
    from exai_compiler.backends.katib import experiment

    return experiment.render_tuning(resolved, spec)


RENDERERS: Mapping[str, Callable[[Resolved, Spec], tuple[Rendered, ...]]] = MappingProxyType(
    {"Tuning": render_tuning}
)
