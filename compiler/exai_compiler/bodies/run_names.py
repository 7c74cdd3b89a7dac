"""Values of a step outside `with` that a run may give: its image, names of Secrets, ConfigMaps and
claims, amounts of its resources, and placement as a whole (LANGUAGE sections 3.4 and 6.3).

In: the spec of a step. Out: each such text with its path below the step, whether it has an
expression or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import NamedTuple

from exai_specs.kinds.step import Step
from exai_specs.kinds.step_pod import ConfigMapFiles, PvcMount, SecretFiles
from exai_specs.kinds.step_resources import StepResourceFields
from exai_specs.kinds.workload import Amount, ConfigMapRef, Env, SecretRef, stated

Path = tuple[str | int, ...]
TEXT = ("string",)


class RunName(NamedTuple):
    """A text, its path below its step, the types that what gives it may have, and whether it is an
    amount, which only an expression makes a text.
    """

    path: Path
    text: str
    types: tuple[str, ...] = TEXT
    is_amount: bool = False


def run_names(step: Step) -> tuple[RunName, ...]:
    """All of a step's own, in the order of its fields."""
    if step.image is None and _GIVES(step) == _NOTHING:  # as in most
        return ()
    return tuple(_run_names(step))


def _run_names(step: Step) -> Iterator[RunName]:
    if step.image is not None:
        yield RunName(("image",), step.image)
    yield from of_env(step.env)
    for path, volume in step.volumes.items():
        match volume:
            case SecretFiles(secret=name):
                yield RunName(("volumes", path, "secret"), name)
            case ConfigMapFiles(config_map=name):
                yield RunName(("volumes", path, "configMap"), name)
            case PvcMount(pvc=name):
                yield RunName(("volumes", path, "pvc"), name)
            case _:
                pass
    for index, secret in enumerate(step.image_pull_secrets):
        yield RunName(("imagePullSecrets", index, "name"), secret.name)
    yield from of_placement(step.node_selector, step.tolerations)
    if step.kubernetes is not None and isinstance(nodes := step.kubernetes.node_affinity, str):
        yield RunName(("kubernetes", "nodeAffinity"), nodes, ("struct",))
    yield from of_resources(step.resources)


_GIVES = attrgetter(
    "env",
    "volumes",
    "image_pull_secrets",
    "node_selector",
    "tolerations",
    "kubernetes",
    "resources",
)
"""The other fields of a step that have any: none of them is asked for where none is set."""
_NOTHING = _GIVES(Step(uses=""))


def of_env(env: Env) -> Iterator[RunName]:
    """Of variables."""
    for name, value in env.items():
        match value:
            case SecretRef(secret=text):
                yield RunName(("env", name, "secret"), text)
            case ConfigMapRef(config_map=text):
                yield RunName(("env", name, "configMap"), text)
            case _:
                pass


def of_placement(node_selector: object, tolerations: object) -> Iterator[RunName]:
    """Of placement that is given as a whole."""
    if isinstance(node_selector, str):
        yield RunName(("nodeSelector",), node_selector, ("struct",))
    if isinstance(tolerations, str):
        yield RunName(("tolerations",), tolerations, ("list", "struct"))


def of_resources(resources: StepResourceFields | None) -> Iterator[RunName]:
    """Of requests and limits; each must be text: KFP's driver takes a number for no amount at all
    (`resolvePodSpecInputRuntimeParameter` in backend/src/v2/driver of kubeflow/pipelines).
    """
    if resources is None:
        return
    blocks: tuple[tuple[Path, Mapping[str, Amount]], ...] = (
        (("resources",), stated(resources)),
        (("resources", "limits"), stated(resources.limits) if resources.limits else {}),
    )
    for path, amounts in blocks:
        for name, amount in amounts.items():
            if isinstance(amount, str):
                yield RunName((*path, name), amount, is_amount=True)
