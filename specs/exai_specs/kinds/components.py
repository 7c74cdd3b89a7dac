"""The components of a service: what they share, and the transformer and explainer (LANGUAGE 8).

In: blocks of a Service. Out: frozen values. Never: what a mode can't do; the compiler knows the
environments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import (
    Duration,
    Flag,
    KeyedBy,
    Maybe,
    Named,
    Problem,
    Text,
    refuse,
)
from exai_specs.frozen import empty
from exai_specs.kinds.model_files import Uri
from exai_specs.kinds.pods import CONTAINER
from exai_specs.kinds.scaling import Autoscale, Replicas
from exai_specs.kinds.servers import PodFields
from exai_specs.notes import about, checked
from exai_specs.texts import Filled
from exai_specs.values import field


@block
class ComponentFields(PodFields):
    """A component: its pods, and how many of them."""

    replicas: Annotated[
        Replicas, Effect.RENDER, about("How many instances run", {"min": 1, "max": 3})
    ] = field(default_factory=Replicas)
    autoscale: Annotated[
        Maybe[Autoscale],
        Effect.RENDER,
        about("What makes their number change", {"metric": "concurrency", "target": 10}),
    ] = None
    timeout: Annotated[
        Maybe[Duration], Effect.REDEPLOY, about("How long a request may take", "60s")
    ] = None
    container_name: Annotated[
        Maybe[Annotated[Text, Named(CONTAINER)]],
        Effect.REDEPLOY,
        about("Name of a container of your own, to adopt one that runs", "kserve-container"),
    ] = None


MAIN = "kserve-container"
MODEL_DIR = "/mnt/models"

# What is the model's own in a transformer that runs in the model's pods.
_OF_THE_POD = (
    *("replicas", "autoscale", "timeout", "model", "containerName", "nodeSelector", "tolerations"),
    *("imagePullSecrets", "serviceAccount", "podLabels", "podAnnotations", "sidecars"),
    "initContainers",
)


def name_problems(block: ComponentFields) -> tuple[Problem, ...]:
    """KServe finds the main container by its name where there are several."""
    if block.container_name in (None, MAIN) or not block.sidecars:
        return ()
    wrong = f"must be {MAIN} beside other containers"
    return (Problem("invalid-value", wrong, "remove it, or the sidecars", ("containerName",)),)


def mount_problems(block: ComponentFields, has_model: bool) -> tuple[Problem, ...]:
    """KServe mounts the files of a model itself: a second mount there, and no pod starts."""
    if not has_model or MODEL_DIR not in block.volumes:
        return ()
    wrong, hint = "is where KServe puts the model", "mount it at another path"
    return (Problem("invalid-value", wrong, hint, ("volumes", MODEL_DIR), "key"),)


@block
class ComponentModel:
    """Files that a component reads."""

    uri: Annotated[Uri, Effect.REDEPLOY, about("Where they are", "s3://acme-ml/tokenizer")]


_Model = Annotated[
    Maybe[ComponentModel],
    Effect.REDEPLOY,
    about("Files that it finds in /mnt/models", {"uri": "s3://acme-ml/tokenizer"}),
]


@block
class Transformer(ComponentFields):
    """A server in front of the model's: it changes requests and answers."""

    model: _Model = None
    collocated: Annotated[
        Flag, Effect.REDEPLOY, about("Whether it runs in the pods of the model's server", True)
    ] = False

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield shape_rules.needs({}, "image")
        why = "belongs to the pod, which is the model's with collocated: true"
        collocated = shape_rules.says("collocated", True)
        yield shape_rules.without(cls, collocated, why, *_OF_THE_POD)

    @checked
    def _own_image(self) -> Transformer:
        if self.image is None:
            hint = "add image (the server that transforms), by digest"
            raise refuse(Problem("missing-field", "has no image", hint))
        has_model = self.model is not None
        if found := (*name_problems(self), *mount_problems(self, has_model)):
            raise refuse(*found)
        if not self.collocated:
            return self
        apart = {
            "replicas": self.replicas != Replicas(),
            "autoscale": self.autoscale is not None,
            "timeout": self.timeout is not None,
            "model": self.model is not None,
            "containerName": self.container_name is not None,
            "nodeSelector": bool(self.node_selector),
            "tolerations": bool(self.tolerations),
            "imagePullSecrets": bool(self.image_pull_secrets),
            "serviceAccount": self.service_account is not None,
            "podLabels": bool(self.pod_labels),
            "podAnnotations": bool(self.pod_annotations),
            "sidecars": bool(self.sidecars),
            "initContainers": bool(self.init_containers),
        }
        wrong = "belongs to the pod, which is the model's with collocated: true"
        problems = [
            Problem("invalid-value", wrong, "set it on the service", (name,), "key")
            for name, stated in apart.items()
            if stated
        ]
        if problems:
            raise refuse(*problems)
        return self


@block
class Art:
    """KServe's explainer by the Adversarial Robustness Toolbox."""

    type: Annotated[
        Literal["SquareAttack"], Effect.REDEPLOY, about("The kind of attack", "SquareAttack")
    ]
    config: Annotated[
        Annotated[Mapping[str, Text], KeyedBy()],
        Effect.REDEPLOY,
        about("What the explainer is told", {"nb_classes": "10"}),
    ] = field(default_factory=empty)
    runtime_version: Annotated[
        Maybe[Filled], Effect.REDEPLOY, about("Tag of KServe's image", "v0.20.0")
    ] = None


@block
class Explainer(ComponentFields):
    """A server that explains predictions: of an image of your own, or KServe's art."""

    model: _Model = None
    art: Annotated[
        Maybe[Art], Effect.REDEPLOY, about("KServe's own explainer", {"type": "SquareAttack"})
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield from shape_rules.one_of("image", "art")
        art = shape_rules.has("art")
        yield shape_rules.without(cls, art, "means nothing with art", "containerName")

    @checked
    def _one_server(self) -> Explainer:
        if (self.art is None) == (self.image is None):
            hint = "remove one of them" if self.art is not None else "add image or art"
            raise refuse(Problem("exactly-one-of", "must have exactly one of image, art", hint))
        has_model = self.model is not None
        if found := (*name_problems(self), *mount_problems(self, has_model)):
            raise refuse(*found)
        if self.art is not None and self.container_name is not None:
            wrong = "means nothing with art"
            raise refuse(Problem("invalid-value", wrong, "remove it", ("containerName",)))
        return self
