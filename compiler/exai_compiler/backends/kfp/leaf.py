"""A step with work of its own: its task, its component, its executor, what Kubernetes is told.

In: a pipeline as it is run, a step, the DAG that its task is in. Out: a `Leaf`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from exai_compiler.backends.kfp.amounts import given_amounts
from exai_compiler.backends.kfp.channels import Carried, Here, carried
from exai_compiler.backends.kfp.claims import has_container
from exai_compiler.backends.kfp.components import component_label, component_spec
from exai_compiler.backends.kfp.executors import executor
from exai_compiler.backends.kfp.filled import Registered, complete, registrations
from exai_compiler.backends.kfp.inputs import BASE_IMAGE, placeholder
from exai_compiler.backends.kfp.platform import executor_config
from exai_compiler.backends.kfp.settings import of_no_container, settings, told
from exai_compiler.backends.kfp.surroundings import surroundings
from exai_compiler.backends.kfp.tasks import task
from exai_compiler.backends.kfp.values import Document, default_value
from exai_compiler.bodies.presence import named, presence
from exai_compiler.bodies.run_names import of_env, of_placement
from exai_compiler.catalog import Component
from exai_compiler.graph import Binding, Constant, Frame, Step, bind, sources
from exai_compiler.resolved import Resolved
from exai_specs.frozen import Encoded, Json
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.values import replace


class Place(NamedTuple):
    """A pipeline as it is run: `before` is what the names of its steps begin with there, `cached`
    whether the calls around it let its steps be cached. `shared` is what all of its steps read.
    `aside` is what none of its components may be called.
    """

    resolved: Resolved
    pipeline: PipelineSpec
    frame: Frame
    before: str
    cached: bool
    shared: tuple[Binding, ...]
    registered: Registered
    aside: str

    def named(self, name: str) -> str:
        """What a task's component and executor go by: its name, after those of the calls around it.
        The SDK takes a pipeline for the component that has its name (`from_ir_dicts` in
        kfp/dsl/structures.py).
        """
        whole = self.before + name
        if whole == self.aside:
            while whole == self.aside or whole in self.frame.graph.nodes:
                whole += "-step"
        return whole


class Leaf(NamedTuple):
    """`config` is what Kubernetes is told, empty for nothing; `takes` what the task takes."""

    task: Json
    component: Encoded
    executor: Encoded
    config: Mapping[str, Json]
    takes: tuple[Carried, ...]


def place(
    resolved: Resolved, pipeline: PipelineSpec, frame: Frame, before: str = "", cached: bool = True
) -> Place:
    """A pipeline there."""
    shared = pipeline.defaults
    names = (*of_env(shared.env), *of_placement(shared.node_selector, shared.tolerations))
    bound = tuple([bind(name.text) for name in names])
    aside = "" if before else re.sub("-+", "-", frame.graph.pipeline.name)
    return Place(resolved, pipeline, frame, before, cached, bound, registrations(frame), aside)


def leaf(there: Place, step: Step, name: str, here: Here) -> Leaf:
    """A step whose task has this name. Raises ValueError for what the checks refuse."""
    if step.component is None:
        raise ValueError(f"{there.frame.graph.pipeline} step {step.name} uses no known component")
    resolved = there.resolved
    how = settings(there.pipeline, step)
    if not has_container(step.component):
        how = of_no_container(how)
    if not there.cached:
        how = replace(how, cache=False, cache_key="")
    bindings = _whole(step.component, complete(resolved, there.frame, step, there.registered))
    whole_name = there.named(name)
    runs = step.component
    given = given_amounts(how, step.items)
    if step.spec.image is not None and (image := _image(step)) is not None:
        runs = replace(runs, image=placeholder(image))
        given = {BASE_IMAGE: image, **given}
    names = [bind(name.text, step.items) for name in step.names]
    bound = (*bindings.values(), *names, *there.shared)
    read = [source for b in bound if not isinstance(b, Constant) for source in sources(b)]
    around = told(how, surroundings(resolved, step, bindings))
    return Leaf(
        task=task(name, component_label(whole_name), step, how, bindings, here, given),
        component=component_spec(whole_name, step.component),
        executor=executor(
            runs,
            how,
            resolved.environment,
            step.items,
            presence(there.frame.graph, step.component, bindings),
        ),
        config=executor_config(around, resolved.environment, step.items, here),
        takes=(*carried(read), *given.values()),
    )


def _whole(component: Component, bindings: Mapping[str, Binding]) -> Mapping[str, Binding]:
    """With the defaults of inputs that the arguments name: KFP's driver fills arguments before it
    has looked at defaults, and fails then (2.17.0, kubeflow/pipelines#14175).
    """
    left = [name for name in named(component) if name not in bindings]
    own = {
        name: Document(default_value(component.inputs[name]))
        for name in left
        if component.inputs[name].default is not None
    }
    return {**bindings, **own} if own else bindings


def _image(step: Step) -> Carried | None:
    """What gives a step's image in a run; None for one that is written."""
    given = bind(step.spec.image, step.items) if step.spec.image is not None else None
    return next(iter(carried(sources(given))), None)
