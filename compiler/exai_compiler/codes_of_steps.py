"""What each code of steps and schedules means.

In: nothing. Out: `STEP_CODES`, a part of `CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

STEP_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "bad-amount": Code(
            "What a run gives for the resources of a step is no amount, or a limit below the "
            "request.",
            "An expression in `resources` takes text such as '500m' or '4Gi'. What is known before "
            "a run is looked at: defaults, allowed values, arguments of schedules and of calls, "
            "items of a list. The rest is, locally, when the step is to start.",
        ),
        "bad-component": Code(
            "A `component.yaml` of one's own that says something wrong.",
            "It has the first form of Kubeflow Pipelines' components: inputs, outputs, and a "
            "container whose arguments name them. What the engine would ignore in silence is told "
            "here: unknown keys, types and placeholders. exai's annotations are optional.",
        ),
        "bad-notebook": Code(
            "The file of a notebook step isn't a notebook that can be run.",
            "It is read as JSON in version 4 of Jupyter's form, and has at least one cell of "
            "Python. Only the code of its cells counts: outputs, texts and metadata are left out.",
        ),
        "notebook-variable": Code(
            "An input or output that a notebook can't have as a variable.",
            "A notebook step gives each input as a variable of its name, and the place of each "
            "output `o` as a variable `o_path`. So these are names that Python takes, no two are "
            "the same, and their types are ones that KFP's functions have.",
        ),
        "rows-mismatch": Code(
            "Rows that lack a column that is asked of them, or have it of another type.",
            "A model is evaluated on the columns that it was trained on, with its target, and a "
            "Dataset's expectations are held against rows that have their columns. They may be of "
            "another Dataset; numbers may have another width.",
        ),
        "timezone-mismatch": Code(
            "A schedule in another time zone than the environment's.",
            "One installation of Kubeflow Pipelines runs all its schedules in one zone, which "
            "`pipelines.timezone` of the environment tells; a schedule can't have its own.",
        ),
    }
)
