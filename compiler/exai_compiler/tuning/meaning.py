"""What a search means: whatever its metadata, resources, placement and number of trials.

In: a Tuning's document, the project, the catalog. Out: a SHA-256 hex digest, a field of which
counts when its declared effect is RETRAIN.
"""

from __future__ import annotations

from typing import cast

from exai_compiler.catalog import Catalog
from exai_compiler.meaning import component_meaning, function_name, rows_meaning
from exai_compiler.meaningful import meaningful
from exai_compiler.project import Project
from exai_compiler.tuning.trial import component_of, datasets_of
from exai_specs.frozen import Json, digest
from exai_specs.kinds import DatasetSpec, TuningSpec
from exai_specs.parse import Spec


def tuning_meaning(project: Project, catalog: Catalog, spec: Spec, tuning: TuningSpec) -> str:
    """The parameters, the trial with `component@version`, and the meanings of the rows that it
    reads."""
    component = component_of(spec, tuning.trial, catalog)
    # No trial is told what must hold for the rows (katib/job.py).
    datasets = {
        name: rows_meaning(body)
        for name in datasets_of(project, component, tuning.trial).values()
        if (body := project.body(DatasetSpec, name)) is not None
    }
    asked = cast(dict[str, Json], meaningful(tuning))
    if component is not None and (written := tuning.trial.python) is not None:
        trial = cast(dict[str, Json], asked["trial"])
        asked["trial"] = {**trial, "python": function_name(written)}
    return digest(
        {
            "tuning": asked,
            "component": component_meaning(component, tuning.trial.python),
            "datasets": datasets,
        }
    )
