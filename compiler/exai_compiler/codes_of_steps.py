"""What each code of steps and schedules means.

In: nothing. Out: `STEP_CODES`, a part of `CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

STEP_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "bad-component": Code(
            "A `component.yaml` of one's own that says something wrong.",
            "It has the first form of Kubeflow Pipelines' components: inputs, outputs, and a "
            "container whose arguments name them. What the engine would ignore in silence is told "
            "here: unknown keys, types and placeholders. exai's annotations are optional.",
        ),
        "timezone-mismatch": Code(
            "A schedule in another time zone than the environment's.",
            "One installation of Kubeflow Pipelines runs all its schedules in one zone, which "
            "`pipelines.timezone` of the environment tells; a schedule can't have its own.",
        ),
    }
)
