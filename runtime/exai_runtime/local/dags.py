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
from exai_runtime.local.dag_values import (
    Values,
    fitting,
    flat,
    outputs_of,
    resolved,
    with_defaults,
)
from exai_runtime.local.observer import OUTCOME_FILE
from exai_runtime.local.run_requests import write_json
from exai_specs.values import frozen, replace


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
        values = with_defaults(component, given)
        made: dict[str, Values] = {}
        states: dict[str, str] = {}
        for name, task in _in_order(component.dag.tasks):
            anyway = task.trigger_policy.strategy == _when_done()
            if not anyway and any(states[t] == "FAILED" for t in task.dependent_tasks):
                states[name] = "FAILED"
                continue
            try:
                found = self._task(name, task, resolved(task.inputs, values, made, states))
            except Failed:
                states[name] = "FAILED"
                self.failures.append(name)
                continue
            states[name] = "SKIPPED" if found is None else "SUCCEEDED"
            if found is not None:
                made[name] = found
        if "FAILED" in states.values():
            raise Failed
        return outputs_of(component.dag.outputs, made)

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
            **{key: list(flat([one[key] for one in each])) for key in outputs.artifacts},
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
        for key, value in fitting(component, values).items():
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
