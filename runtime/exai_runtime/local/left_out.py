"""Parameters that nobody gives, left out of a run's IR: KFP's local runner has no value for one
that is optional and has no default, and stops (`pb2_value_to_python` in
kfp/local/executor_output_utils.py for a pipeline's, `executor_input_to_dict` in
kfp/local/executor_input_utils.py for a number of a function's).

In: the IR, the names of the arguments that the run gets. Out: the same IR, in which such a
parameter of a pipeline is no input of it, and given to no step; one of a user's own function is no
input of its step. Never: another change of it; what a step gives its own default stays its matter.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from exai_compiler.python_code.ephemeral import PROGRAM


def left_out(ir: Mapping[str, Any], given: Collection[str]) -> dict[str, Any]:
    """Outer pipelines first: what one isn't given it can't give to those inside of it."""
    # Parts that are alike may be one value in what comes in; here each is changed by itself.
    found: dict[str, Any] = json.loads(json.dumps(ir))
    components: dict[str, Any] = found.get("components", {})
    executors = found.get("deploymentSpec", {}).get("executors", {})
    callers: dict[str, list[Any]] = {}
    for task in _tasks((found.get("root", {}), *components.values())):
        callers.setdefault(task.get("componentRef", {}).get("name", ""), []).append(task)
    waiting = [(found.get("root", {}), set(given))]
    while waiting:
        scope, there = waiting.pop()
        absent = _remove(scope, there)
        mine = list(_tasks((scope,)))
        for task in mine:
            inputs = task.get("inputs", {}).get("parameters", {})
            for name in [n for n, of in inputs.items() if _outer(of) in absent]:
                del inputs[name]
        for name in dict.fromkeys(task.get("componentRef", {}).get("name", "") for task in mine):
            component = components.get(name, {})
            by = {key for task in callers[name] for key in _parameters(task, "inputs")}
            if "dag" in component:
                waiting.append((component, by))
            elif _is_own_code(executors.get(component.get("executorLabel"), {})):
                _remove(component, by)
    return found


def _tasks(scopes: Collection[Any]) -> Iterator[Any]:
    for scope in scopes:
        yield from scope.get("dag", {}).get("tasks", {}).values()


def _remove(component: dict[str, Any], given: Collection[str]) -> set[str]:
    """The optional inputs that nobody gives, which are none any more."""
    parameters = _parameters(component, "inputDefinitions")
    absent = {
        name
        for name, about in parameters.items()
        if name not in given and about.get("isOptional") and "defaultValue" not in about
    }
    for name in absent:
        del parameters[name]
    return absent


def _parameters(of: Mapping[str, Any], part: str) -> dict[str, Any]:
    found: dict[str, Any] = of.get(part, {}).get("parameters", {})
    return found


def _outer(source: Mapping[str, Any]) -> str:
    """The parameter of the pipeline around that gives it."""
    return str(source.get("componentInputParameter", ""))


def _is_own_code(executor: Mapping[str, Any]) -> bool:
    return PROGRAM in executor.get("container", {}).get("command", ())
