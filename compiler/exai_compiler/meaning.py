"""The `meaning` hashes (DESIGN section 4): what a document means, whatever its metadata,
resources and placement.

In: a project, its graphs. Out: SHA-256 hex digests. A field counts when its declared effect is
MATERIALIZE or more, so a new field needs no line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from exai_compiler.graph import Constant, Graph, Step
from exai_compiler.project import Project
from exai_specs.effects import Effect
from exai_specs.frozen import Json, digest
from exai_specs.kinds import DatasetSpec, ModelSpec, PipelineSpec

LEAST = Effect.MATERIALIZE


@cache
def field_effects(kind: type) -> Mapping[str, Effect]:
    """The effect that each field of a spec's dataclass declares."""
    found: dict[str, Effect] = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        for note in notes:
            if isinstance(note, Effect):
                found[name] = note
    return found


def meaningful(value: object) -> Json:
    """A spec's value as JSON, with only the fields that mean something.

    Absent and default fields look alike.
    """
    if is_dataclass(value) and not isinstance(value, type):
        effects = field_effects(type(value))
        return {
            field.name: meaningful(getattr(value, field.name))
            for field in fields(value)
            if effects.get(field.name, Effect.RETRAIN) >= LEAST
        }
    if isinstance(value, Mapping):
        return {str(key): meaningful(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return tuple(meaningful(item) for item in value)
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def dataset_meaning(dataset: DatasetSpec) -> str:
    """What a dataset is: source, key, schema, quality."""
    return digest(meaningful(dataset))


def pipeline_meaning(project: Project, graph: Graph) -> str:
    """What a pipeline does: its steps with `component@version` and inputs, and the meanings of
    what they read."""
    pipeline = project.body(PipelineSpec, graph.pipeline.name)
    env = pipeline.defaults.env if pipeline else {}
    steps: dict[str, Any] = {name: _step(step, env) for name, step in graph.steps.items()}
    datasets = {
        name: dataset_meaning(body)
        for name in datasets_read(graph)
        if (body := project.body(DatasetSpec, name)) is not None
    }
    models = {
        name: _asked_of_steps(model)
        for name in models_registered(graph)
        if (model := project.body(ModelSpec, name)) is not None
    }
    parameters = meaningful(pipeline.parameters) if pipeline else {}
    return digest(
        {"steps": steps, "datasets": datasets, "models": models, "parameters": parameters}
    )


def _step(step: Step, env: Mapping[str, object]) -> Json:
    component = step.component
    return {
        "component": f"{component.name}@{component.version}" if component else step.spec.uses,
        "python": step.spec.python,
        "pip": meaningful(step.spec.pip),
        "inputs": meaningful(step.spec.with_),
        "env": meaningful({**env, **step.spec.env}),
    }


def _asked_of_steps(model: ModelSpec) -> Json:
    # The constants that steps are given: the task, the champion to meet, the signature.
    champions = {gate.no_worse_than for gate in model.gates.values() if gate.no_worse_than}
    return {
        "task": model.task,
        "champions": tuple(sorted(champions)),
        "signature": meaningful(model.signature),
    }


def datasets_read(graph: Graph) -> tuple[str, ...]:
    """The datasets whose data a run of this pipeline sees, sorted."""
    return _named(graph, "Dataset")


def models_registered(graph: Graph) -> tuple[str, ...]:
    """The models that a run of this pipeline registers a version of, sorted."""
    return _named(graph, "Model", only_effects="writes-registry")


def _named(graph: Graph, kind: str, only_effects: str = "") -> tuple[str, ...]:
    names: set[str] = set()
    for step in graph.steps.values():
        if step.component is None or (only_effects and step.component.effects != only_effects):
            continue
        for port, named in step.component.refs.items():
            binding = step.inputs.get(port)
            if named == kind and isinstance(binding, Constant) and isinstance(binding.value, str):
                names.add(binding.value)
    return tuple(sorted(names))
