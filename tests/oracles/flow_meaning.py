"""What a compiled pipeline does, whatever its groups and channels are called.

In: a PipelineSpec and a PlatformSpec as JSON. Out: for each leaf, named after the pipelines that it
is in and itself, where each of its inputs and of what its pod is told comes from, followed through
all DAGs; under which conditions and loops it runs; which leaves it waits for. So two specs that
mean the same are equal, and a reference that leads nowhere is a KeyError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

Env = dict[str, Any]
_PLACEHOLDER = re.compile(r"\{\{\$\.inputs\.parameters\['([^']+)'\]\}\}")
_OPERAND = re.compile(r"inputs\.parameter_values\['([^']+)'\]")
_FIELD = re.compile(r'parseJson\(string_value\)\["([^"]+)"\]')


def meaning(spec: dict[str, Any], platform: dict[str, Any] | None = None) -> dict[str, Any]:
    """Every leaf by its name; with what Kubernetes is told of it, if there is a platform spec."""
    proto = json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    found = json_format.MessageToDict(proto)
    inputs = found["root"].get("inputDefinitions", {}).get("parameters", {})
    env = {name: ("parameter", name) for name in inputs}
    walk = _Walk(found["components"], found["deploymentSpec"]["executors"])
    if platform is not None:
        kubernetes = platform.get("platforms", {}).get("kubernetes", {})
        walk.pods = kubernetes.get("deploymentSpec", {}).get("executors", {})
    leaves = dict(walk.dag(found["root"], env, (), (), ""))
    outputs = walk.outputs(found["root"], "")
    return {**leaves, **({"outputs": outputs} if outputs else {})}


class _Walk:
    def __init__(self, components: dict[str, Any], executors: dict[str, Any]) -> None:
        self.components = components
        self.executors = executors
        self.pods: dict[str, Any] | None = None

    def dag(
        self,
        component: dict[str, Any],
        env: Env,
        around: tuple[Any, ...],
        waits: tuple[str, ...],
        at: str,
    ) -> Iterator[tuple[str, Any]]:
        tasks = component["dag"]["tasks"]
        for name, task in tasks.items():
            inner = self.components[task["componentRef"]["name"]]
            given = dict(self.inputs(tasks, task, env, at))
            before = tuple(
                sorted(
                    {
                        leaf
                        for t in task.get("dependentTasks", ())
                        for leaf in self.leaves(tasks, t, at)
                    }
                )
            )
            waiting = tuple(sorted({*waits, *before}))
            strategy = task.get("triggerPolicy", {}).get("strategy", "")
            if "dag" in inner:
                facts, seen = self.group(task, given, around)
                seen = {**dict(self.left_out(inner)), **seen}
                missing = set(self.defined(inner)) - set(seen)
                assert not missing, f"{name} doesn't get {missing}"
                if strategy:
                    facts = (*facts, strategy)
                if "cachingOptions" in task:
                    facts = (*facts, ("called", task["cachingOptions"]))
                    seen = {key: _placed(value, seen) for key, value in seen.items()}
                yield from self.dag(inner, seen, facts, waiting, _inside(tasks, name, at))
                continue
            texts = {key: _placed(value, given) for key, value in given.items()}
            made = self.executors[inner["executorLabel"]].get("importer")
            if made is not None:  # its inputs are called as somebody likes
                whole = ("constant", json.dumps(made, sort_keys=True))
                texts, inner = {"import": _placed(whole, given)}, {**inner, "inputDefinitions": {}}
            yield (
                at + name,
                {
                    "inputs": {
                        key: value
                        for key, value in texts.items()
                        if made is not None or key in self.defined(inner)
                    },
                    "around": around,
                    "waits": waiting,
                    "strategy": strategy,
                    "cache": task.get("cachingOptions", {}),
                    "types": self.types(inner),
                    "amounts": self.amounts(inner, given),
                    **self.pod(inner, tasks, env, at),
                    **({"retry": task["retryPolicy"]} if "retryPolicy" in task else {}),
                    **({"shown": shown} if (shown := task["taskInfo"]["name"]) != name else {}),
                },
            )

    def pod(self, inner: dict[str, Any], tasks: dict[str, Any], env: Env, at: str) -> Env:
        """What Kubernetes is told of a leaf, with what gives it: in the DAG that its task is in."""
        if self.pods is None:
            return {}

        def told(value: Any) -> Any:
            if isinstance(value, list):
                return [told(each) for each in value]
            if not isinstance(value, dict):
                return value
            if (asked := value.get("componentInputParameter")) is not None:
                item, _, subvar = asked.partition("-subvar-")
                if subvar and asked not in env:  # the SDK's way, which leads nowhere
                    return ("field", env.get(item) or env[f"pipelinechannel--{item}"], subvar)
                field = _FIELD.match(value.get("parameterExpressionSelector", ""))
                return ("field", env[asked], field[1]) if field else env[asked]
            if (made := value.get("taskOutputParameter")) is not None:
                return self.made(tasks, made["producerTask"], made["outputParameterKey"], at)
            # The SDK says of what isn't optional that it isn't.
            kept = {key: each for key, each in value.items() if (key, each) != ("optional", False)}
            return {key: told(each) for key, each in kept.items()}

        found = told(self.pods.get(inner["executorLabel"], {}))
        return {"pod": found} if found else {}

    def amounts(self, component: dict[str, Any], given: Env) -> dict[str, Any]:
        """The resources of a leaf, and what gives those that aren't written."""
        executor = self.executors[component["executorLabel"]]
        found = executor.get("container", {}).get("resources", {})
        return {
            name: _placed(("constant", json.dumps(value)), given)
            for name, value in found.items()
            if name.startswith("resource")
        }

    def inputs(
        self, tasks: dict[str, Any], task: dict[str, Any], env: Env, at: str
    ) -> Iterator[tuple[str, Any]]:
        for name, value in task.get("inputs", {}).get("parameters", {}).items():
            if "runtimeValue" in value:
                yield name, ("constant", json.dumps(value["runtimeValue"]["constant"]))
            elif "taskFinalStatus" in value:
                yield (
                    name,
                    (
                        "status",
                        *sorted(self.leaves(tasks, value["taskFinalStatus"]["producerTask"], at)),
                    ),
                )
            elif "taskOutputParameter" in value:
                made = value["taskOutputParameter"]
                yield name, self.made(tasks, made["producerTask"], made["outputParameterKey"], at)
            elif (asked := value["componentInputParameter"]) in env:
                field = _FIELD.match(value.get("parameterExpressionSelector", ""))
                yield name, ("field", env[asked], field[1]) if field else env[asked]
            elif "-subvar-" in asked:
                # The SDK hands fields of items down from where there are none.
                item, _, field_name = asked.partition("-subvar-")
                if item in env:
                    yield name, ("field", env[item], field_name)
            else:
                raise KeyError(asked)
        for name, value in task.get("inputs", {}).get("artifacts", {}).items():
            if "taskOutputArtifact" in value:
                made = value["taskOutputArtifact"]
                yield name, self.made(tasks, made["producerTask"], made["outputArtifactKey"], at)
            else:
                yield name, env[value["componentInputArtifact"]]

    def group(
        self, task: dict[str, Any], given: Env, around: tuple[Any, ...]
    ) -> tuple[tuple[Any, ...], Env]:
        facts = around
        if text := task.get("triggerPolicy", {}).get("condition", ""):
            facts = (*facts, ("if", _OPERAND.sub(lambda m: f"<{given[m[1]]}>", text)))
        iterator = task.get("parameterIterator") or task.get("artifactIterator")
        if iterator is None:
            return facts, given
        items = iterator["items"]
        asked = items.get("inputParameter") or items.get("inputArtifact")
        listed = given[asked] if asked else ("constant", json.dumps(json.loads(items["raw"])))
        limit = task.get("iteratorPolicy", {}).get("parallelismLimit", 0)
        facts = (*facts, ("each", listed, limit))
        return facts, {**given, iterator["itemInput"]: ("item", *facts)}

    def made(self, tasks: dict[str, Any], task: str, key: str, at: str) -> Any:
        inner = self.components[tasks[task]["componentRef"]["name"]]
        if "dag" not in inner:
            outputs = inner["outputDefinitions"]
            assert key in outputs.get("parameters", {}) or key in outputs.get("artifacts", {})
            return (at + task, key)
        made = self.outputs(inner, _inside(tasks, task, at))[key]
        looped = "parameterIterator" in tasks[task] or "artifactIterator" in tasks[task]
        return ("collected", made) if looped else made

    def outputs(self, component: dict[str, Any], at: str) -> dict[str, Any]:
        tasks = component["dag"]["tasks"]
        outputs = component["dag"].get("outputs", {})
        found: dict[str, Any] = {}
        for name, value in outputs.get("artifacts", {}).items():
            makers = [
                self.made(tasks, s["producerSubtask"], s["outputArtifactKey"], at)
                for s in value["artifactSelectors"]
            ]
            found[name] = makers[0] if len(makers) == 1 else ("one of", *makers)
        for name, value in outputs.get("parameters", {}).items():
            selectors = (
                [value["valueFromParameter"]]
                if "valueFromParameter" in value
                else value["valueFromOneof"]["parameterSelectors"]
            )
            makers = [
                self.made(tasks, s["producerSubtask"], s["outputParameterKey"], at)
                for s in selectors
            ]
            found[name] = makers[0] if len(makers) == 1 else ("one of", *makers)
        defined = component.get("outputDefinitions", {})
        assert set(found) == {*defined.get("artifacts", {}), *defined.get("parameters", {})}
        return found

    def leaves(self, tasks: dict[str, Any], task: str, at: str) -> Iterator[str]:
        inner = self.components[tasks[task]["componentRef"]["name"]]
        if "dag" not in inner:
            yield at + task
        for name in inner.get("dag", {}).get("tasks", {}):
            yield from self.leaves(inner["dag"]["tasks"], name, _inside(tasks, task, at))

    @staticmethod
    def left_out(component: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """What an input is that nobody gives."""
        for name, port in component.get("inputDefinitions", {}).get("parameters", {}).items():
            if port.get("isOptional"):
                yield name, ("constant", json.dumps(port.get("defaultValue")))

    @staticmethod
    def defined(component: dict[str, Any]) -> tuple[str, ...]:
        inputs = component.get("inputDefinitions", {})
        names = (*inputs.get("parameters", {}), *inputs.get("artifacts", {}))
        return tuple(name for name in names if "-subvar-" not in name)

    @staticmethod
    def types(component: dict[str, Any]) -> Any:
        return {
            side: {
                **{
                    name: port["parameterType"]
                    for name, port in component.get(side, {}).get("parameters", {}).items()
                },
                **{
                    name: (port["artifactType"]["schemaTitle"], port.get("isArtifactList", False))
                    for name, port in component.get(side, {}).get("artifacts", {}).items()
                },
            }
            for side in ("inputDefinitions", "outputDefinitions")
        }


def _inside(tasks: dict[str, Any], task: str, at: str) -> str:
    """The names of what is in a task: a pipeline, which alone may be cached, has its own."""
    return f"{at}{task}/" if "cachingOptions" in tasks[task] else at


def _placed(value: Any, given: Env) -> Any:
    """A constant with what its placeholders stand for."""
    if value[0] != "constant":
        return value
    return ("constant", _PLACEHOLDER.sub(lambda m: f"<{given[m[1]]}>", value[1]))
