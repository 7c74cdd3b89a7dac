"""What a search means: whatever its metadata, resources, placement and number of trials.

In: a Tuning's document, the project, the catalog. Out: a SHA-256 hex digest, a field of which
counts when its declared effect is RETRAIN.
"""

from __future__ import annotations

from exai_compiler.catalog import Catalog
from exai_compiler.meaning import dataset_meaning, meaningful
from exai_compiler.project import Project
from exai_compiler.tuning.trial import component_of, datasets_of
from exai_specs.frozen import digest
from exai_specs.kinds import DatasetSpec, TuningSpec
from exai_specs.parse import Spec


def tuning_meaning(project: Project, catalog: Catalog, spec: Spec, tuning: TuningSpec) -> str:
    """The parameters, the trial with `component@version`, and the meanings of what it reads."""
    component = component_of(spec, tuning.trial, catalog)
    datasets = {
        name: dataset_meaning(body)
        for name in datasets_of(project, component, tuning.trial).values()
        if (body := project.body(DatasetSpec, name)) is not None
    }
    return digest(
        {
            "tuning": meaningful(tuning),
            "component": f"{component.name}@{component.version}" if component else "",
            "datasets": datasets,
        }
    )
