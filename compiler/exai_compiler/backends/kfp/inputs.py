"""What each input of a step is given, as KFP's TaskInputsSpec. In: bindings. Out: JSON.

References inside text, a list or a struct are rendered as the SDK does it: an input of its own for
each (`pipelinechannel--...`), and a placeholder where it stands (`build_task_spec_for_task` in
kfp/compiler/pipeline_spec_builder.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import assert_never

from exai_compiler.backends.kfp.channels import Carried, Here, artifact, carried, parameter
from exai_compiler.backends.kfp.values import Document
from exai_compiler.catalog import Component
from exai_compiler.constants import constant
from exai_compiler.graph import (
    Binding,
    Broken,
    Composed,
    Constant,
    FromArtifact,
    FromItem,
    FromParameter,
    FromRun,
    FromStatus,
    FromStep,
    Source,
)
from exai_specs.expressions import parse_text
from exai_specs.frozen import Encoded, Json, encoded
from exai_specs.types import is_artifact

# `${{ run.NAME }}` (LANGUAGE section 6.3) in the placeholders of kfp/dsl/__init__.py.
RUN_PLACEHOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "id": "{{$.pipeline_job_uuid}}",
        "name": "{{$.pipeline_job_name}}",
        "resourceName": "{{$.pipeline_job_resource_name}}",
        "createdAt": "{{$.pipeline_job_create_time_utc}}",
        "scheduledAt": "{{$.pipeline_job_schedule_time_utc}}",
        "root": "{{$.pipeline_root}}",
        "stepName": "{{$.pipeline_task_name}}",
        "stepId": "{{$.pipeline_task_uuid}}",
        "workspace": "{{$.workspace_path}}",
    }
)


BASE_IMAGE = "base_image"
"""The input by which the SDK hands an image that a run gives to a task (`set_container_image`)."""


def task_inputs(
    component: Component,
    bindings: Mapping[str, Binding],
    here: Here,
    before: str = "",
    given: Mapping[str, Carried] = MappingProxyType({}),
) -> Mapping[str, Json]:
    """The `inputs` of a task, read-only. `before` is the task whose end a status tells, `given`
    what gives its image and its resources, by the input. Raises ValueError for what the checks
    refuse.
    """
    artifacts: dict[str, Json] = {}
    parameters: dict[str, Json] = {}
    ports = component.inputs
    for name in sorted(bindings):
        binding = bindings[name]
        if is_artifact(ports[name].type):
            artifacts[name] = _artifact(name, binding, here)
        elif (rendered := _parameter(name, binding, here, before)) is not None:
            parameters[name] = rendered
        if isinstance(binding, Composed):
            for source in carried(binding.sources.values()):
                parameters[text_channel(source)] = parameter(source, here)
    for name, source in given.items():
        parameters.setdefault(name, _scalar(placeholder(source)).tree)
        parameters[text_channel(source)] = parameter(source, here)
    found: dict[str, Json] = {}
    if artifacts:
        found["artifacts"] = MappingProxyType(artifacts)
    if parameters:
        found["parameters"] = MappingProxyType(dict(sorted(parameters.items())))
    return MappingProxyType(found)


def text_channel(source: Carried) -> str:
    """The extra input that carries a reference. Names of outputs have no hyphen: none clash."""
    match source:
        case FromParameter(name) | FromArtifact(name):
            return f"pipelinechannel--{name}"
        case FromStep(step, output):
            return f"pipelinechannel--{step}-{output}"
        case FromItem(loop, _, field):
            return f"pipelinechannel--{loop}-loop-item" + (f"--{field}" if field else "")
    assert_never(source)


def _artifact(name: str, binding: Binding, here: Here) -> Json:
    match binding:
        case FromArtifact() | FromStep() | FromItem():
            return artifact(binding, here)
        case _:
            raise ValueError(f"the artifact input {name} needs a step's output, not {binding}")


def _parameter(name: str, binding: Binding, here: Here, before: str) -> Json:
    match binding:
        case Constant() | Composed():
            return None if leaves_default(binding) else written(binding).tree
        case FromParameter() | FromArtifact() | FromStep() | FromItem():
            return parameter(binding, here)
        case FromRun(run):
            return _scalar(RUN_PLACEHOLDERS[run]).tree
        case FromStatus():
            return MappingProxyType({"taskFinalStatus": MappingProxyType({"producerTask": before})})
        case Broken(text):
            raise ValueError(f"the input {name} holds an expression that can't be rendered: {text}")
    assert_never(binding)


def written(binding: Constant | Composed) -> Encoded:
    """What a document writes as an input, with its canonical JSON."""
    if isinstance(binding, Composed):
        return encoded(_written(constant(_placed(binding.value, binding))))
    value = binding.value
    if type(value) in _SCALARS:
        return _scalar(value)
    is_ready = isinstance(binding, Document)
    return encoded(_written(value if is_ready else constant(value)))


def leaves_default(binding: Constant | Composed) -> bool:
    """Whether it leaves an input at its default."""
    return binding.value is None and not isinstance(binding, Document)


def _written(value: Json) -> Json:
    return MappingProxyType({"runtimeValue": MappingProxyType({"constant": value})})


_SCALARS = frozenset({str, bool, int, float})


@lru_cache(maxsize=4096, typed=True)
def _scalar(value: str | float) -> Encoded:
    """A text or a number as an input. Pipelines share the value, and most of what they say."""
    return encoded(_written(constant(value)))


def _placed(value: Json, composed: Composed) -> Json:
    """The value with a placeholder where each reference stood."""
    if isinstance(value, str):
        return "".join(
            part if isinstance(part, str) else placeholder(composed.sources[str(part.expression)])
            for part in parse_text(value).parts
        )
    if isinstance(value, Mapping):
        return {key: _placed(item, composed) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_placed(item, composed) for item in value)
    return value


def placeholder(source: Source) -> str:
    """What stands for a reference in a text."""
    match source:
        case FromRun(name):
            return RUN_PLACEHOLDERS[name]
        case FromStatus():
            raise ValueError("a status can't stand in text")
        case _:
            return "{{$.inputs.parameters['" + text_channel(source) + "']}}"
