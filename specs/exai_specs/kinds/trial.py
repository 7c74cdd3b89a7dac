"""The trial of a Tuning: one leaf, run once for each set of parameters (LANGUAGE 3.1, 9).

In: the `trial` of a Tuning. Out: a frozen value. Never: what inputs or expressions mean. Only what
a Job of Katib's can say is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from exai_specs import shape_rules
from exai_specs.blocks import block, yaml_name
from exai_specs.effects import Effect
from exai_specs.fields import KeyedBy, Maybe, Named, Plain, Problem, Text, WholeSeconds, refuse
from exai_specs.frozen import empty
from exai_specs.kinds.built_in import built_in
from exai_specs.kinds.pods import (
    NodeSelector,
    PullPolicy,
    PullSecrets,
    SecurityContext,
    Texts,
    Tolerations,
)
from exai_specs.kinds.volumes import Volumes
from exai_specs.kinds.workload import SECRET, Env, Resources
from exai_specs.names import FIELD
from exai_specs.notes import about, checked
from exai_specs.texts import Function
from exai_specs.values import field

BODIES = ("uses", "python", "image")
"""The keys that say what a trial is."""


@block
class Trial:
    """A component that trains, a Python function or a container, and its inputs."""

    uses: Annotated[
        Maybe[Annotated[Text, built_in()]],
        Effect.RETRAIN,
        about("A component of exai's own that trains", "train-sklearn"),
    ] = None
    python: Annotated[
        Maybe[Function],
        Effect.RETRAIN,
        about("A function of a Python file, relative to this document's file", "train.py:train"),
    ] = None
    image: Annotated[
        Maybe[Text], Effect.RETRAIN, about("A container's image", "example.com/train@sha256:...")
    ] = None
    command: Annotated[
        tuple[Text, ...],
        Effect.RETRAIN,
        about("What the container runs", ["python3", "train.py"]),
    ] = ()
    args: Annotated[
        tuple[Text, ...],
        Effect.RETRAIN,
        about("Arguments of the container", ["--lr", "${{ trial.lr }}"]),
    ] = ()
    with_: Annotated[
        Annotated[Mapping[str, Plain], KeyedBy(FIELD)],
        Effect.RETRAIN,
        about("Its inputs: values, expressions, a Dataset by its name", {"lr": "${{ trial.lr }}"}),
    ] = field(default_factory=empty)
    env: Annotated[Env, Effect.RETRAIN, about("Environment variables", {"LOG_LEVEL": "info"})] = (
        field(default_factory=empty)
    )
    resources: Annotated[
        Maybe[Resources],
        Effect.RENDER,
        about("What its container requests", {"cpu": 1, "memory": "2Gi"}),
    ] = None
    timeout: Annotated[
        Maybe[WholeSeconds], Effect.RENDER, about("How long one trial may take", "1h")
    ] = None
    volumes: Annotated[
        Volumes, Effect.RETRAIN, about("What it mounts, by path", {"/mnt/cache": {"pvc": "cache"}})
    ] = field(default_factory=empty)
    node_selector: Annotated[
        NodeSelector, Effect.RENDER, about("Labels that its node has", {"pool": "gpu"})
    ] = field(default_factory=empty)
    tolerations: Annotated[
        Tolerations,
        Effect.RENDER,
        about("Taints that its node may have", [{"key": "gpu", "operator": "Exists"}]),
    ] = ()
    image_pull_secrets: Annotated[
        PullSecrets, Effect.RENDER, about("Secrets to pull its image with", [{"name": "registry"}])
    ] = ()
    image_pull_policy: Annotated[
        Maybe[PullPolicy], Effect.RENDER, about("When its image is pulled", "IfNotPresent")
    ] = None
    security_context: Annotated[
        Maybe[SecurityContext], Effect.RENDER, about("Who it runs as", {"runAsUser": 1000})
    ] = None
    service_account: Annotated[
        Maybe[Annotated[Text, Named(SECRET, "trainer")]],
        Effect.RENDER,
        about("Its ServiceAccount", "trainer"),
    ] = None
    pod_labels: Annotated[Texts, Effect.RENDER, about("Labels of its pod", {"team": "ml"})] = field(
        default_factory=empty
    )
    pod_annotations: Annotated[
        Texts, Effect.RENDER, about("Annotations of its pod", {"example.com/note": "text"})
    ] = field(default_factory=empty)

    @property
    def body(self) -> str:
        """The key of its body: `uses`, `python` or `image`."""
        return next(key for key in BODIES if getattr(self, key) is not None)

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield from shape_rules.one_of(*BODIES)
        container = shape_rules.has("image")
        others = shape_rules.lacks("image")
        yield shape_rules.without(cls, others, "is for containers", "command", "args")
        yield shape_rules.needs(container, "command")

    @checked
    def _one_body(self) -> Trial:
        found = [key for key in BODIES if getattr(self, key) is not None]
        if found == ["python", "image"]:
            hint = "remove image: a function runs in exai's own; or run a container"
            raise refuse(Problem("unknown-field", "is for containers", hint, ("image",), "key"))
        if len(found) != 1:
            wrong = f"must have exactly one of {', '.join(BODIES)}"
            hint = "remove one of them" if found else f"add one of {', '.join(BODIES)}"
            raise refuse(Problem("exactly-one-of", wrong, hint))
        problems = [
            Problem("unknown-field", "is for containers", "remove it", (yaml_name(name),), "key")
            for name in ("command", "args")
            if getattr(self, name) and found != ["image"]
        ]
        if found == ["image"] and not self.command:
            wrong = "has no command, and Katib would have to ask the registry for the image's"
            problems.append(Problem("missing-field", wrong, "add command", on="key"))
        if problems:
            raise refuse(*problems)
        return self
