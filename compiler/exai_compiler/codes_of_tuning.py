"""What each code of the checks of searches means: one line for lists, and the longer story.

In: nothing. Out: `TUNING_CODES`, a part of `codes.CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

TUNING_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "trial-body": Code(
            "Something that a trial can't be, or can't be given.",
            "A trial is one leaf that stands alone: exai's own components that train, a Python "
            "function, or a container. It may load a Dataset; what only another step could make "
            "isn't there.",
        ),
        "trial-metric": Code(
            "A trial that has no such metric, or that nobody knows the metric of.",
            "exai's components that train report the means of their cross-validation, of the task "
            "that their estimator and target are for. A function returns its metric, logs it to "
            "an Output[Metrics], or prints it as `name=value`, which is what Katib reads: nobody "
            "can tell that from outside.",
            "warning",
        ),
        "tuning-algorithm": Code(
            "An algorithm or a setting that Katib would refuse.",
            "Katib's suggestion services know their algorithms, and judge settings before an "
            "Experiment starts: an unknown one fails the whole search.",
        ),
        "tuning-space": Code(
            "Parameters that the algorithm can't search.",
            "A grid takes finitely many values, and no more trials than it has points; cmaes "
            "takes two ranges or more; hyperband spends one of the parameters.",
        ),
    }
)
