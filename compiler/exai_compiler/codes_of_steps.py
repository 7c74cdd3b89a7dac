"""What each code of steps and schedules means.

In: nothing. Out: `STEP_CODES`, a part of `CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

STEP_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "timezone-mismatch": Code(
            "A schedule in another time zone than the environment's.",
            "One installation of Kubeflow Pipelines runs all its schedules in one zone, which "
            "`pipelines.timezone` of the environment tells; a schedule can't have its own.",
        ),
    }
)
