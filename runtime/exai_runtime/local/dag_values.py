"""The values of a DAG's tasks: what an input comes to, in its declared type, and what a DAG gives.

In: the protos of an IR, what was given and what tasks made. Out: values by name, as the backend's
driver has them (backend/src/v2/driver). Never: running a task, or reading a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from exai_specs.regexes import regex

_PLACEHOLDER = regex(r"\{\{\$\.inputs\.parameters\['([^']+)'\]\}\}")
_FIELD = regex(r'parseJson\(string_value\)\["([^"]+)"\]')

Values = dict[str, Any]


def with_defaults(component: Any, given: Values) -> Values:
    """What a component is given, and its defaults for the rest."""
    from google.protobuf import json_format

    defaults = {
        name: json_format.MessageToDict(declared.default_value)
        for name, declared in component.input_definitions.parameters.items()
        if declared.default_value.WhichOneof("kind") is not None
    }
    return fitting(component, {**defaults, **{k: v for k, v in given.items() if v is not None}})


def resolved(
    inputs: Any, values: Values, made: Mapping[str, Values], states: Mapping[str, str]
) -> Values:
    """The inputs of a task by name; without those that are nothing."""
    from google.protobuf import json_format

    found: Values = {}
    texts: Values = {}
    for name, source in inputs.parameters.items():
        match source.WhichOneof("kind"):
            case "runtime_value":
                texts[name] = json_format.MessageToDict(source.runtime_value.constant)
            case "task_output_parameter":
                output = source.task_output_parameter
                found[name] = made[output.producer_task][output.output_parameter_key]
            case "task_final_status":
                found[name] = _final_status(source.task_final_status.producer_task, states)
            case _:
                found[name] = values.get(source.component_input_parameter)
        if field := _FIELD.fullmatch(source.parameter_expression_selector):
            found[name] = found[name][field[1]]
    for name, source in inputs.artifacts.items():
        if source.WhichOneof("kind") == "task_output_artifact":
            file = source.task_output_artifact
            found[name] = made[file.producer_task][file.output_artifact_key]
        else:
            found[name] = values.get(source.component_input_artifact)
    found.update({name: _placed(text, found) for name, text in texts.items()})
    return {name: value for name, value in found.items() if value is not None}


def _final_status(task: str, states: Mapping[str, str]) -> Values:
    """As the backend tells it (PipelineTaskFinalStatus in kfp/dsl/task_final_status.py)."""
    failed = states[task] == "FAILED"
    return {
        "state": states[task],
        "pipelineJobResourceName": "",
        "pipelineTaskName": task,
        "error": {"code": 1, "message": "a step failed"} if failed else {},
    }


def _placed(value: Any, values: Values) -> Any:
    """A constant with what its placeholders stand for."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(
            lambda match: _text(values[match[1]]) if match[1] in values else match[0], value
        )
    if isinstance(value, list):
        return [_placed(item, values) for item in value]
    if isinstance(value, dict):
        return {key: _placed(item, values) for key, item in value.items()}
    return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value)


def fitting(component: Any, values: Values) -> Values:
    """Values in the declared types: JSON has one kind of number, and an item of an untyped list is
    text."""
    from kfp.pipeline_spec import pipeline_spec_pb2

    kinds = pipeline_spec_pb2.ParameterType
    found = dict(values)
    for name, declared in component.input_definitions.parameters.items():
        value = found.get(name)
        if declared.parameter_type == kinds.NUMBER_INTEGER and isinstance(value, float):
            found[name] = int(value)
        elif (
            declared.parameter_type == kinds.STRING
            and value is not None
            and not isinstance(value, str)
        ):
            found[name] = _text(value)
    return found


def outputs_of(declared: Any, made: Mapping[str, Values]) -> Values:
    """What a DAG hands out of what its tasks made; without that of tasks that didn't run."""
    found: Values = {}
    for name, output in declared.parameters.items():
        if output.WhichOneof("kind") == "value_from_parameter":
            makers = [output.value_from_parameter]
        else:
            makers = list(output.value_from_oneof.parameter_selectors)
        for maker in makers:
            if maker.producer_subtask in made:
                found[name] = made[maker.producer_subtask][maker.output_parameter_key]
    for name, output in declared.artifacts.items():
        for file in output.artifact_selectors:
            if file.producer_subtask in made:
                found[name] = made[file.producer_subtask][file.output_artifact_key]
    return found


def flat(items: list[Any]) -> Iterator[Any]:
    """One list of lists in lists."""
    for item in items:
        if isinstance(item, list):
            yield from flat(item)
        else:
            yield item
