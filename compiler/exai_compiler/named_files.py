"""The files that documents name: Python, notebooks, what is embedded beside them, components.

In: specs. Out: paths from exai.yaml's folder. Opens none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.leaves import leaves
from exai_compiler.python_code import PYTHON, embedded_path, function_of
from exai_compiler.tuning.trial import PYTHON as TRIAL_PYTHON
from exai_compiler.user_components import component_file
from exai_specs.kinds import FeatureViewSpec, PipelineSpec, ProjectSpec, TuningSpec
from exai_specs.parse import Spec
from exai_specs.types import Path


def asked_files(specs: Iterable[Spec]) -> Iterator[tuple[Spec, Path, str]]:
    """Every file that is named: by which document, where in it, and the file's path from
    exai.yaml's folder."""
    for spec in specs:
        document = spec.document
        match spec.body:
            case PipelineSpec():
                for place, _, step in leaves(spec.body):
                    if step.python is not None:
                        base = document.file_of((*place, "python"))
                        yield spec, (*place, "python"), function_of(base, step.python)[0]
                        if step.embed is not None:
                            base = document.file_of((*place, "embed"))
                            yield spec, (*place, "embed"), embedded_path(base, step.embed)
                    elif step.notebook is not None:
                        base = document.file_of((*place, "notebook"))
                        yield spec, (*place, "notebook"), embedded_path(base, step.notebook)
                    elif step.component_file:
                        base = document.file_of((*place, "uses"))
                        path = component_file(base, step.component_file)
                        yield spec, (*place, "uses"), path
            case FeatureViewSpec(transform=transform) if transform is not None:
                path, _ = function_of(document.file_of(PYTHON), transform.python)
                yield spec, PYTHON, path
            case TuningSpec(trial=trial) if trial.python is not None:
                path, _ = function_of(document.file_of(TRIAL_PYTHON), trial.python)
                yield spec, TRIAL_PYTHON, path
            case ProjectSpec(environments=environments):
                for name, environment in environments.items():
                    files = environment.features.files if environment.features else ()
                    above = ("spec", "environments", name, "features", "files")
                    for index, file in enumerate(files):
                        # A function's place without the function.
                        yield spec, (*above, index), function_of(document.path, f"{file}:")[0]
