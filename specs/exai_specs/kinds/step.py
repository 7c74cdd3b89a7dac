"""A step of a pipeline: its body, and how it runs (LANGUAGE section 6.2).

In: an entry of `steps`. Out: a frozen value. Never: what inputs or expressions mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Annotated

from exai_specs import shape_rules
from exai_specs.blocks import block, yaml_name
from exai_specs.effects import Effect
from exai_specs.fields import (
    Flag,
    KeyedBy,
    Maybe,
    Plain,
    Problem,
    Text,
    WholeSeconds,
    refuse,
)
from exai_specs.frozen import empty
from exai_specs.identity import RefTo
from exai_specs.kinds.built_in import built_in
from exai_specs.kinds.loop import ForEach
from exai_specs.kinds.outputs import StepOutput
from exai_specs.kinds.step_parts import Argument, Cache, CacheKey, Import, Pip, Retry
from exai_specs.kinds.step_pod import StepPod
from exai_specs.kinds.step_resources import StepResourceFields, StepResources
from exai_specs.kinds.workload import Env
from exai_specs.names import FIELD
from exai_specs.notes import about, checked
from exai_specs.texts import Function
from exai_specs.values import field


@block
class Step(StepPod):
    """One step: a component, a Python function or a container, and its inputs."""

    uses: Annotated[
        Maybe[Annotated[Text, built_in(files=True)]],
        Effect.RETRAIN,
        about("A component, by name or by its file", "train-h2o", "./clean/component.yaml"),
    ] = None
    python: Annotated[
        Maybe[Function],
        Effect.RETRAIN,
        about("A function of a Python file, relative to this document's file", "train.py:train"),
    ] = None
    notebook: Annotated[
        Maybe[Text],
        Effect.RETRAIN,
        about("A notebook, relative to this document's file", "explore.ipynb"),
    ] = None
    pipeline: Annotated[
        Maybe[Annotated[Text, RefTo("Pipeline")]],
        Effect.RETRAIN,
        about("Another Pipeline, all steps of which run as this one", "iris-training"),
    ] = None
    import_: Annotated[
        Maybe[Import],
        Effect.RETRAIN,
        about("A file from elsewhere", {"uri": "s3://acme/model", "type": "Model"}),
    ] = None
    image: Annotated[
        Maybe[Text],
        Effect.RENDER,
        about("Image it runs in; without one a function or notebook has exai's own", "python:3.11"),
    ] = None
    command: Annotated[
        tuple[Text, ...],
        Effect.RETRAIN,
        about("What a container runs, instead of its image's entry point", ["sh", "-c"]),
    ] = ()
    args: Annotated[
        tuple[Argument, ...],
        Effect.RETRAIN,
        about("Arguments of a container", ["--data", "${{ inputs.data.path }}"]),
    ] = ()
    outputs: Annotated[
        Annotated[Mapping[str, StepOutput], KeyedBy(FIELD)],
        Effect.RETRAIN,
        about(
            "What a container or notebook makes: a type each", {"model": "Model", "rows": "integer"}
        ),
    ] = field(default_factory=empty)
    pip: Annotated[
        Maybe[Pip],
        Effect.RETRAIN,
        about("What the function or notebook needs", {"packages": ["scikit-learn==1.9.1"]}),
    ] = None
    embed: Annotated[
        Maybe[Text],
        Effect.RETRAIN,
        about("A text file or a folder of such that the function finds and imports from", "rules"),
    ] = None
    with_: Annotated[
        Annotated[Mapping[str, Plain], KeyedBy(FIELD)],
        Effect.RETRAIN,
        about("Its inputs: values or expressions", {"data": "${{ steps.load.data }}"}),
    ] = field(default_factory=empty)
    after: Annotated[
        tuple[Text, ...],
        Effect.RENDER,
        about("Steps to wait for without taking anything from them", ["check"]),
    ] = ()
    if_: Annotated[
        Maybe[Text],
        Effect.RETRAIN,
        about("Run only when this is true", "${{ steps.check.score >= 0.9 }}"),
    ] = None
    for_each: Annotated[
        Maybe[ForEach], Effect.RETRAIN, about("Run once for each item", {"in": ["a", "b"]})
    ] = None
    ignore_upstream_failure: Annotated[
        Flag, Effect.RENDER, about("Run even when a step that it waits for failed", True)
    ] = False
    retry: Annotated[Maybe[Retry], Effect.RENDER, about("Tries after a failure", {"max": 2})] = None
    resources: Annotated[
        Maybe[StepResources],
        Effect.RENDER,
        about("What its container requests", {"cpu": 1, "memory": "2Gi"}),
    ] = None
    env: Annotated[Env, Effect.RETRAIN, about("Environment variables", {"LOG_LEVEL": "info"})] = (
        field(default_factory=empty)
    )
    timeout: Annotated[Maybe[WholeSeconds], Effect.RENDER, about("How long it may take", "1h")] = (
        None
    )
    cache: Annotated[
        Maybe[Cache],
        Effect.RENDER,
        about("Whether an earlier result may be used, or by which key", False),
    ] = None
    display_name: Annotated[Text, Effect.METADATA, about("The name that pages show", "Train")] = ""

    @property
    def body(self) -> str:
        """The key of its body: `uses`, `python`, `import_`, ...; `image` when that alone makes it a
        container.
        """
        for key in BODIES:  # no generator: this is asked of every step by one rule after the other
            if getattr(self, key) is not None:
                return key
        return "image"

    @property
    def component_file(self) -> str:
        """The file that `uses` names, as written; "" when it names a component of exai's own."""
        named = self.uses or ""
        return named if "/" in named or named.endswith((".yaml", ".yml")) else ""

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        names = [key.rstrip("_") for key in BODIES]
        yield shape_rules.some_of(*names, "image")
        yield from list(shape_rules.one_of(*names))[1:]
        for field_, bodies in _FIELDS_OF.items():
            others = [name for name in names if name not in bodies]
            why = f"is for {' and '.join(_WORDS[body] for body in bodies)} steps"
            yield shape_rules.without(cls, shape_rules.some_of(*others), why, field_)
        pod = map(yaml_name, _OF_A_POD)
        why = "means nothing here: an import runs no container"
        yield shape_rules.without(cls, shape_rules.has("import"), why, *pod)
        leaf = map(yaml_name, _OF_A_LEAF)
        why = "is for the steps of the pipeline that is called"
        yield shape_rules.without(cls, shape_rules.has("pipeline"), why, *leaf)

    @checked
    def _one_body(self) -> Step:
        found = len(BODIES) - _BODY(self).count(None)
        if found > 1 or (not found and self.image is None):
            shown = ", ".join(key.rstrip("_") for key in BODIES)
            hint = (
                "remove one of them" if found else f"add one of {shown}, or an image; {_NOT_A_LEAF}"
            )
            wrong = f"must have exactly one of {shown}, or an image of its own"
            raise refuse(Problem("exactly-one-of", wrong, hint))
        problems = list(accelerators(self.resources)) if self.resources is not None else []
        # Most steps have none of these fields.
        if any(_OF_SOME(self)) or self.uses is None:
            problems = [*self._not_of_the_body(), *problems]
            problems += [
                Problem("wrong-type", "must be a type, not an expression", "", ("outputs", name))
                for name, output in self.outputs.items()
                if isinstance(output, str)
            ]
        if problems:
            raise refuse(*problems)
        return self

    def _not_of_the_body(self) -> Iterator[Problem]:
        body = self.body
        for name, bodies in _FIELDS_OF.items() if any(_OF_SOME(self)) else ():
            if body not in bodies and getattr(self, name):
                words = " and ".join(_WORDS[body] for body in bodies)
                path = (yaml_name(name),)
                hint = _SAID.get(body, "remove it") if name == "outputs" else "remove it"
                yield Problem("unknown-field", f"is for {words} steps", hint, path, "key")
        for name in _OF_A_POD if body == "import_" else ():
            if getattr(self, name):
                path = (yaml_name(name),)
                wrong = "means nothing here: an import runs no container"
                yield Problem("unknown-field", wrong, "remove it", path, "key")
        for name in _OF_A_LEAF if body == "pipeline" else ():
            if getattr(self, name):
                wrong = "is for the steps of the pipeline that is called"
                hint = f"write it there, in `{self.pipeline}`"
                yield Problem("unknown-field", wrong, hint, (yaml_name(name),), "key")
        if body == "pipeline" and isinstance(self.cache, CacheKey):
            wrong = "must be true or false: a key would be that of many steps"
            yield Problem("invalid-value", wrong, "give one to a step of it", ("cache",))


def accelerators(resources: StepResourceFields | None) -> Iterator[Problem]:
    """Kubeflow Pipelines gives a step one kind of accelerator (LANGUAGE section 3.1)."""
    if resources is not None:
        limits = resources.limits.extended if resources.limits is not None else {}
        names = {**resources.extended, **limits}
        if len(names) > 1:
            wrong = f"has several extended resources: {', '.join(sorted(names))}"
            yield Problem("invalid-value", wrong, "a step can have one of them", ("resources",))


BODIES = ("uses", "python", "notebook", "pipeline", "import_")
"""The keys that say what a step is; with none of them, an `image` makes it a container."""

_NOT_A_LEAF = "a group of steps has `steps`, a choice between groups `choose`"

_FIELDS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "image": ("python", "notebook", "image"),
        "pip": ("python", "notebook"),
        "embed": ("python",),
        "command": ("image",),
        "args": ("image",),
        "outputs": ("image", "notebook"),
    }
)
_BODY = attrgetter(*BODIES)
_OF_SOME = attrgetter(*_FIELDS_OF)
_OF_A_CONTAINER = (
    *("env", "resources", "timeout", "volumes", "node_selector", "tolerations"),
    *("image_pull_secrets", "image_pull_policy", "security_context", "pod_labels"),
    *("pod_annotations", "kubernetes"),
)
_OF_A_POD = ("with_", *_OF_A_CONTAINER)
_OF_A_LEAF = ("retry", "ignore_upstream_failure", *_OF_A_CONTAINER)
_SAID: Mapping[str, str] = MappingProxyType(
    {
        "python": "remove it: the function says what it makes, as `-> int` or `x: Output[Model]`",
        "uses": "remove it: the component says what it makes",
        "pipeline": "remove it: the pipeline that is called has its own `outputs`",
        "import_": "remove it: an import makes `artifact`",
    }
)
_WORDS: Mapping[str, str] = MappingProxyType(
    {"python": "python", "notebook": "notebook", "image": "container"}
)
