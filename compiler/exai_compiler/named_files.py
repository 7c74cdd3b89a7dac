"""The files that documents name: Python, notebooks, what is embedded beside them, components.

In: specs. Out: paths from exai.yaml's folder. Opens none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.leaves import leaves
from exai_compiler.python_names import PYTHON, embedded_path, function_of, python_file
from exai_compiler.tuning.trial import PYTHON as TRIAL_PYTHON
from exai_specs.documents import Document
from exai_specs.kinds import FeatureViewSpec, PipelineSpec, ProjectSpec, TuningSpec
from exai_specs.kinds.step import Step
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
                    for field, path in _of_step(document, place, step):
                        yield spec, (*place, field), path
            case FeatureViewSpec(transform=transform) if transform is not None:
                named = python_file(document.file_of(PYTHON), transform.python)
                if named is not None:
                    yield spec, PYTHON, named
            case TuningSpec(trial=trial) if trial.python is not None:
                named = python_file(document.file_of(TRIAL_PYTHON), trial.python)
                if named is not None:
                    yield spec, TRIAL_PYTHON, named
            case ProjectSpec(environments=environments):
                for name, environment in environments.items():
                    files = environment.features.files if environment.features else ()
                    above = ("spec", "environments", name, "features", "files")
                    for index, file in enumerate(files):
                        # A function's place without the function.
                        yield spec, (*above, index), function_of(document.path, f"{file}:")[0]


def _of_step(document: Document, place: Path, step: Step) -> Iterator[tuple[str, str]]:
    """The files of one step, each with the field that names it."""
    if step.python is not None:
        path = python_file(document.file_of((*place, "python")), step.python)
        if path is not None:
            yield "python", path
        if step.embed is not None:
            yield "embed", embedded_path(document.file_of((*place, "embed")), step.embed)
    elif step.notebook is not None:
        yield "notebook", embedded_path(document.file_of((*place, "notebook")), step.notebook)
    elif step.component_file:
        from exai_compiler.user_components import component_file

        base = document.file_of((*place, "uses"))
        yield "uses", component_file(base, step.component_file)
