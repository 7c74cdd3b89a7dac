"""The steps of a pipeline as KFP's DAGs: a group, a loop, a condition, a choice is a task whose
component is a DAG of its own.

In: a resolved project, a graph. Out: tasks, components, executors. Shapes are the SDK's
(`build_task_spec_for_group`, `build_component_spec_for_group` in
kfp/compiler/pipeline_spec_builder.py); names are the pipeline's own: the task of a group has its
name, the loop under a condition is `<name>-each`, the one task under a leaf's condition or loop
`<name>-do`, branch n of a choice `<name>-<n>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from exai_compiler.backends.kfp.channels import (
    Carried,
    Here,
    carried,
    channel,
    whole,
)
from exai_compiler.backends.kfp.claims import with_claims
from exai_compiler.backends.kfp.components import component_label, executor_label
from exai_compiler.backends.kfp.conditions import condition_of, otherwise
from exai_compiler.backends.kfp.filled import DATA_VERSIONS, RESERVED
from exai_compiler.backends.kfp.leaf import Place, leaf, place
from exai_compiler.backends.kfp.ports import (
    Dag,
    Output,
    dag_of,
    definitions,
    taken,
)
from exai_compiler.backends.kfp.settings import settings
from exai_compiler.backends.kfp.takes import by_channel, of_conditions, of_loop, outside
from exai_compiler.backends.kfp.tasks import EXIT_HANDLER, WHEN_DONE, role, task, waits_for
from exai_compiler.catalog import Port
from exai_compiler.graph import (
    Binding,
    Branch,
    Choice,
    Condition,
    FromItem,
    FromParameter,
    FromStep,
    Graph,
    Group,
    Loop,
    Node,
    Scope,
    Step,
    read_outputs,
    source_type,
    sources,
)
from exai_specs.frozen import Encoded, Json, encoded, mapping
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.types import ListOf, Type
from exai_specs.values import replace


class Dags:
    """Renders from the inside out, and keeps the components and executors that come by."""

    def __init__(self, there: Place) -> None:
        self._there = there
        self._graph = there.frame.graph
        self._collected = read_outputs(self._graph)
        self.components: dict[str, Encoded] = {}
        self.executors: dict[str, Encoded] = {}
        self.written: list[tuple[str, str]] = []  # labels of containers that a document writes out
        self._configs: dict[str, Mapping[str, Json]] = {}  # by step

    @property
    def configs(self) -> Mapping[str, Json]:
        """What Kubernetes is told of each leaf, by executor; in the order of the steps' names."""
        found = (
            config for _, configs in sorted(self._configs.items()) for config in configs.items()
        )
        return dict(found)

    def root(self) -> Dag:
        """The pipeline's own DAG: its steps, or the exit handler that holds them and `finally`. It
        takes the pipeline's own inputs, by channel.
        """
        graph = self._graph
        if graph.last is None:
            return self._scope(graph.root, Here(frozenset(graph.root.nodes), is_root=True))
        here = Here(frozenset(), is_root=True)
        guarded = self._scope(graph.root, Here(frozenset(graph.root.nodes)))
        last, takes = self._leaf(graph.last, graph.last.name, here)
        tasks = {EXIT_HANDLER: encoded(self._call(EXIT_HANDLER, guarded, here)), **last}
        return Dag(tasks, {**guarded.takes, **by_channel(takes)})

    def _scope(self, scope: Scope, here: Here) -> Dag:
        tasks: dict[str, Encoded] = {}
        takes: list[Carried] = []
        for name, node in sorted(scope.nodes.items()):
            tasks[name], taken = self._node(node, here)
            takes += taken
        outputs = {
            name: Output(type_, ((binding.step, binding.output),))
            for name, binding in sorted(scope.outputs.items())
            if isinstance(binding, FromStep)
            and (type_ := source_type(self._graph, binding)) is not None
        }
        return Dag(tasks, outside(takes, here), outputs)

    def _node(self, node: Node, here: Here) -> tuple[Encoded, Iterable[Carried]]:
        """The task of a step or group in a DAG, and what it takes."""
        match node:
            case Step(condition=None, loop=None):
                tasks, takes = self._leaf(node, node.name, here)
                return tasks[node.name], takes
            case Step():
                return self._wrapped(node, self._alone(node), here)
            case Group():
                inside = self._scope(node.scope, Here(frozenset(node.scope.nodes)))
                return self._wrapped(node, inside, here)
            case Choice():
                return self._wrapped(node, self._ways(node), here)
        assert_never(node)

    def _leaf(
        self, step: Step, name: str, here: Here
    ) -> tuple[Mapping[str, Encoded], tuple[Carried, ...]]:
        if self._graph.inside(step) is not None:
            return self._called(step, name, here)
        found = leaf(self._there, step, name, here)
        label = executor_label(self._there.named(name))
        self.components[self._label(name)] = found.component
        self.executors[label] = found.executor
        if step.spec.body == "image" or step.spec.component_file:
            self.written.append((self._label(name), label))
        if found.config:
            self._configs[step.name] = {label: found.config}
        return {name: found.task}, found.takes

    def _called(
        self, step: Step, name: str, here: Here
    ) -> tuple[Mapping[str, Encoded], tuple[Carried, ...]]:
        """The task of a step that is another pipeline: a DAG with that pipeline's own inputs."""
        there = self._there
        frame, interface = there.frame.inside(step), step.component
        if frame is None or interface is None:
            raise ValueError(f"{self._graph.pipeline} step {step.name} calls no pipeline")
        graph = frame.graph
        body = there.resolved.project.body(PipelineSpec, graph.pipeline.name)
        if body is None:
            raise ValueError(f"{graph.pipeline} doesn't exist")
        frame = replace(frame, graph=with_claims(graph, body))
        cached = there.cached and step.spec.cache is not False
        inside = Dags(place(there.resolved, body, frame, f"{there.before}{name}--", cached))
        dag = inside.root()
        self.components.update(inside.components)
        self.executors.update(inside.executors)
        self.written += inside.written
        self._configs[step.name] = inside.configs
        asked = {s.name for s in dag.takes.values() if isinstance(s, FromParameter)}
        reserved = {key: RESERVED[key] for key in sorted(asked & RESERVED.keys())}
        found = {"dag": dag_of(dag)}
        if defined := taken(graph, reserved):
            found["inputDefinitions"] = encoded(defined)
        if dag.outputs:
            found["outputDefinitions"] = encoded(definitions(dag, False))
        label = self._label(name)
        self.components[label] = mapping(found)
        own = {key: Port(key, "struct" if key == DATA_VERSIONS else "string") for key in reserved}
        inputs_ = {**interface.inputs, **own}
        whole = replace(interface, inputs=inputs_)
        bindings = {**step.inputs, **{key: FromParameter(key) for key in reserved}}
        takes = carried(s for b in bindings.values() for s in sources(b))
        how = settings(there.pipeline, step)
        return {name: encoded(task(role(step, name), label, whole, how, bindings, here))}, takes

    def _label(self, name: str) -> str:
        return component_label(self._there.named(name))

    def _alone(self, step: Step) -> Dag:
        """The DAG around a leaf with a condition or a loop; what it hands on is what is read."""
        name = f"{step.name}-do"
        inside = Here(frozenset())
        tasks, takes = self._leaf(step, name, inside)
        outputs = {
            output: Output(inner, ((name, output),))
            for output in sorted(self._collected.get(step.name, ()))
            if (inner := self._inner_type(step, output)) is not None
        }
        return Dag(tasks, outside(takes, inside), outputs)

    def _inner_type(self, step: Step, output: str) -> Type | None:
        found = source_type(self._graph, FromStep(step.name, output))
        return found.item if step.loop is not None and isinstance(found, ListOf) else found

    def _ways(self, choice: Choice) -> Dag:
        """The DAG of a choice: a task with a condition for each branch."""
        inside = Here(frozenset())
        tasks: dict[str, Encoded] = {}
        takes: dict[str, Carried] = {}
        earlier: tuple[Condition, ...] = ()
        outputs: dict[str, Output] = {}
        for branch in choice.branches:
            dag = self._scope(branch.scope, Here(frozenset(branch.scope.nodes)))
            own = branch.condition
            text = _trigger(self._graph, branch, earlier)
            asked = of_conditions((*earlier, own))
            called = self._call(branch.name, dag, inside, asked, trigger=text)
            tasks[branch.name] = encoded(called)
            takes.update(by_channel(map(whole, (*dag.takes.values(), *asked))))
            earlier = (*earlier, own) if isinstance(own, Condition) else earlier
            for name, output in dag.outputs.items():
                before = outputs[name].makers if name in outputs else ()
                outputs[name] = Output(output.type, (*before, (branch.name, name)))
        return Dag(tasks, takes, outputs)

    def _wrapped(self, node: Node, inside: Dag, here: Here) -> tuple[Encoded, Iterable[Carried]]:
        """The task of a node that is a DAG, with its loop and its condition around it."""
        loop = node.loop if isinstance(node, Step | Group) else None
        condition = node.condition if isinstance(node, Step | Group) else None
        asked: tuple[Carried, ...] = ()
        trigger = ""
        if isinstance(condition, Condition):
            asked = of_conditions((condition,))
            trigger = condition_of(self._graph, condition)
        if loop is not None and trigger:
            each = f"{node.name}-each"
            outer = Here(frozenset())
            called = self._call(each, inside, outer, loop=(node.name, loop))
            inside = Dag({each: encoded(called)}, of_loop(inside.takes, node.name, loop))
            loop = None
        shown = node.spec.display_name
        looped = (node.name, loop) if loop is not None else None
        found = self._call(node.name, inside, here, asked, trigger, looped, shown)
        takes = of_loop(inside.takes, node.name, loop) if loop is not None else inside.takes
        takes = by_channel(map(whole, (*takes.values(), *asked)))
        bound: dict[str, Binding] = dict(takes)
        if needs := waits_for(node.needs, bound, here):
            found["dependentTasks"] = needs
        if isinstance(node, Step) and node.spec.ignore_upstream_failure and needs:
            found["triggerPolicy"] = {**_mapping(found.get("triggerPolicy")), "strategy": WHEN_DONE}
        return encoded(found), takes.values()

    def _call(
        self,
        name: str,
        dag: Dag,
        here: Here,
        asked: tuple[Carried, ...] = (),
        trigger: str = "",
        loop: tuple[str, Loop] | None = None,
        shown: str = "",
    ) -> dict[str, Json]:
        """A task of this DAG whose component is another one. `asked` is what its trigger reads."""
        from exai_compiler.backends.kfp.nested import component, inputs, iterator

        found: dict[str, Json] = {
            "taskInfo": {"name": shown or name},
            "componentRef": {"name": self._label(name)},
        }
        item = FromItem(loop[0], loop[1].name) if loop is not None else None
        takes = {**dag.takes, **by_channel(asked)}
        if loop is not None and item is not None:
            takes.pop(channel(item), None)
            takes.update(by_channel(carried(sources(loop[1].items))))
            found.update(iterator(self._graph, loop[1], item))
        if given := inputs(self._graph, takes, here):
            found["inputs"] = given
        if trigger:
            found["triggerPolicy"] = {"condition": trigger}
        defined = {**takes, channel(item): item} if item is not None else takes
        within = component(self._graph, dag, defined, loop is not None)
        self.components[self._label(name)] = within
        return found


def _trigger(graph: Graph, branch: Branch, earlier: tuple[Condition, ...]) -> str:
    if isinstance(branch.condition, Condition):
        return condition_of(graph, branch.condition, *earlier)
    return otherwise(graph, earlier)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
