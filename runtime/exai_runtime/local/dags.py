"""The DAGs of an IR, walked here; each task that is a container is run by KFP's own local runner.

KFP's own walk of conditions and loops loses values: inside a loop it takes another step's output
for the item, of a choice it can't hand on a file, an empty loop has no outputs. So this module does
what the backend's driver does (backend/src/v2/driver): resolves inputs, decides conditions, goes
over items one after the other, and gathers what they made.

In: the protos that KFP's runner has, under the names of `run_enhanced_dag`
(kfp/local/orchestrator/enhanced_dag_orchestrator.py), which this replaces. Out: outputs and status.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from exai_runtime.local.amounts import CODE, BadAmount, with_amounts
from exai_runtime.local.conditions import is_true
from exai_runtime.local.observer import OUTCOME_FILE
from exai_runtime.local.run_requests import write_json
from exai_specs.regexes import regex
from exai_specs.values import frozen, replace

_PLACEHOLDER = regex(r"\{\{\$\.inputs\.parameters\['([^']+)'\]\}\}")
_FIELD = regex(r'parseJson\(string_value\)\["([^"]+)"\]')

Values = dict[str, Any]


class Failed(Exception):
    """A task of the DAG failed; the others of it that could run have run."""


def use() -> None:
    """KFP's runner walks DAGs this way from now on."""
    from kfp.local.orchestrator import enhanced_dag_orchestrator

    enhanced_dag_orchestrator.run_enhanced_dag = _run


def _run(
    *,
    pipeline_resource_name: str,
    dag_component_spec: Any,
    executors: Mapping[str, Any],
    components: Mapping[str, Any],
    dag_arguments: Values,
    pipeline_root: str,
    runner: Any,
    unique_pipeline_id: str,
    fail_stack: list[str],
    parent_io_store: Any = None,
) -> tuple[Values, Any]:
    del parent_io_store
    from kfp.local import status

    walk = _Walk(
        components,
        executors,
        pipeline_root,
        runner,
        unique_pipeline_id,
        pipeline_resource_name,
        fail_stack,
    )
    try:
        return walk.dag(dag_component_spec, dag_arguments), status.Status.SUCCESS
    except Failed:
        return {}, status.Status.FAILURE


@frozen
class _Walk:
    components: Mapping[str, Any]
    executors: Mapping[str, Any]
    root: str
    runner: Any
    run_id: str
    name: str  # of the run; steps' folders are below it, those of an item in one of its own
    failures: list[str]

    def dag(self, component: Any, given: Values) -> Values:
        """The outputs of a DAG. Raises Failed after all of its tasks that could run."""
        values = _with_defaults(component, given)
        made: dict[str, Values] = {}
        states: dict[str, str] = {}
        for name, task in _in_order(component.dag.tasks):
            anyway = task.trigger_policy.strategy == _when_done()
            if not anyway and any(states[t] == "FAILED" for t in task.dependent_tasks):
                states[name] = "FAILED"
                continue
            try:
                found = self._task(name, task, _resolved(task.inputs, values, made, states))
            except Failed:
                states[name] = "FAILED"
                self.failures.append(name)
                continue
            states[name] = "SKIPPED" if found is None else "SUCCEEDED"
            if found is not None:
                made[name] = found
        if "FAILED" in states.values():
            raise Failed
        return _outputs(component.dag.outputs, made)

    def _task(self, name: str, task: Any, values: Values) -> Values | None:
        """The outputs of one task; None when its condition doesn't hold."""
        condition = task.trigger_policy.condition
        if condition and not is_true(condition, values):
            return None
        kind = task.WhichOneof("iterator")
        if kind is None:
            return self._once(name, task, values)
        iterator = getattr(task, kind)
        of = iterator.items
        items = (
            json.loads(of.raw)
            if kind == "parameter_iterator" and of.WhichOneof("kind") == "raw"
            else values[of.input_parameter if kind == "parameter_iterator" else of.input_artifact]
        )
        each = [
            replace(self, name=f"{self.name}/{name}-iteration-{number}")._once(
                name, task, {**values, iterator.item_input: item}
            )
            for number, item in enumerate(items)
        ]
        outputs = self.components[task.component_ref.name].output_definitions
        return {
            **{key: [one[key] for one in each] for key in outputs.parameters},
            # Loops in loops give one flat list of files.
            **{key: list(_flat([one[key] for one in each])) for key in outputs.artifacts},
        }

    def _once(self, name: str, task: Any, values: Values) -> Values:
        component = self.components[task.component_ref.name]
        if component.WhichOneof("implementation") == "dag":
            return self.dag(component, values)
        return self._container(name, task, component, values)

    def _container(self, name: str, task: Any, component: Any, values: Values) -> Values:
        from kfp.local import io, status
        from kfp.local.orchestrator import task_executor
        from kfp.pipeline_spec import pipeline_spec_pb2

        label = component.executor_label
        try:
            executor = with_amounts(self.executors[label], values)
        except BadAmount as wrong:
            self._refused(task.component_ref.name.removeprefix("comp-"), wrong)
        alone = pipeline_spec_pb2.PipelineTaskSpec()
        alone.CopyFrom(task)
        alone.ClearField("inputs")
        store = io.IOStore()
        for key, value in _fitting(component, values).items():
            store.put_parent_input(key, value)
            if key in component.input_definitions.artifacts:
                alone.inputs.artifacts[key].component_input_artifact = key
            else:
                alone.inputs.parameters[key].component_input_parameter = key
        outputs, ended = task_executor.execute_single_task(
            task_name=name,
            task_spec=alone,
            pipeline_resource_name=self.name,
            components=dict(self.components),
            executors={**self.executors, label: executor},
            io_store=store,
            pipeline_root=self.root,
            runner=self.runner,
            unique_pipeline_id=self.run_id,
            fail_stack=self.failures,
        )
        if ended != status.Status.SUCCESS:
            raise Failed
        return dict(outputs)

    def _refused(self, task: str, wrong: BadAmount) -> NoReturn:
        """A task that no cluster would start fails as one that says itself why, with the runner's
        own words in the log.
        """
        from kfp.local import logging_utils

        folder = Path(self.root) / self.name / task
        folder.mkdir(parents=True, exist_ok=True)
        told = {"code": CODE, "message": wrong.message, "hint": wrong.hint}
        write_json(folder / OUTCOME_FILE, {**told, "final": True, "trace": [wrong.message]})
        with logging_utils.local_logger_context():
            logging.info("Executing task '%s'", task)
            logging.error("%s. %s", wrong.message, wrong.hint)
            logging.info("Task '%s' finished with status FAILURE", task)
        raise Failed


def _when_done() -> Any:
    from kfp.pipeline_spec import pipeline_spec_pb2

    policy = pipeline_spec_pb2.PipelineTaskSpec.TriggerPolicy
    return policy.TriggerStrategy.ALL_UPSTREAM_TASKS_COMPLETED


def _in_order(tasks: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Tasks after those that they wait for, ties by name."""
    waiting = {name: set(tasks[name].dependent_tasks) for name in sorted(tasks)}
    while ready := [name for name, before in waiting.items() if not before]:
        for name in ready:
            yield name, tasks[name]
            del waiting[name]
        waiting = {name: before.difference(ready) for name, before in waiting.items()}


def _with_defaults(component: Any, given: Values) -> Values:
    from google.protobuf import json_format

    defaults = {
        name: json_format.MessageToDict(declared.default_value)
        for name, declared in component.input_definitions.parameters.items()
        if declared.default_value.WhichOneof("kind") is not None
    }
    return _fitting(component, {**defaults, **{k: v for k, v in given.items() if v is not None}})


def _resolved(
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


def _fitting(component: Any, values: Values) -> Values:
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


def _outputs(declared: Any, made: Mapping[str, Values]) -> Values:
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


def _flat(items: list[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item
