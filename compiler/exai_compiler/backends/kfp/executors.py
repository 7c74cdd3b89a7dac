"""What executes a step, as KFP's PipelineContainerSpec. In: a component, settings. Out: JSON.

The image is the one thing here that an environment decides. Locally exai's steps run in this very
interpreter and keep the name that the component gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import ceil
from types import MappingProxyType

from exai_compiler.backends.kfp.amounts import resources
from exai_compiler.backends.kfp.arguments import argument
from exai_compiler.backends.kfp.settings import Settings
from exai_compiler.bodies.presence import EVERYWHERE, Presence, chosen
from exai_compiler.catalog import Component
from exai_compiler.graph import NO_ITEMS, Constant, Items, bind
from exai_specs.frozen import Encoded, Json, encoded, mapping
from exai_specs.kinds.environment import Environment

# The limit of the step's memory in bytes, for a Java heap (DESIGN section 6).
MEMORY = "EXAI_MEMORY"

ITS_LIMIT = "container"
"""Its value where only the run knows the limit, which KFP fills into no variable: whoever reads it
asks the container's own kernel (exai_components/jvm.py).
"""


def executor(
    component: Component,
    image: str,
    settings: Settings,
    items: Items = NO_ITEMS,
    there: Presence = EVERYWHERE,
) -> Encoded:
    """What does the work: a container of this image, or an import, which runs none. `there` is what
    the step gives of the inputs that its arguments name.
    """
    if component.importer is not None:
        return encoded({"importer": component.importer})
    env, amounts = _env(settings, component.env), resources(settings, items)
    if not env and not amounts:
        return _plain(component, image, there)
    return mapping({"container": _container(component, image, there, env, amounts)})


def _container(
    component: Component,
    image: str,
    there: Presence,
    env: Mapping[str, str],
    amounts: Mapping[str, Json],
) -> Encoded:
    """Image, command, arguments, plain environment variables and resources."""
    found = {**_parts(component, image, there)}
    if env:
        found["env"] = _variables(tuple(env.items()))
    if amounts:
        found["resources"] = encoded(amounts)
    return mapping(found)


def image_of(component: Component, environment: Environment) -> str:
    """exai's own images are replaced by the environment's, which are pulled by digest."""
    match component.image:
        case "exai/python-train":
            return environment.images.train or component.image
        case "exai/python-serve":
            return environment.images.serve or component.image
        case image:
            return image


@lru_cache(maxsize=1024)
def _plain(component: Component, image: str, there: Presence) -> Encoded:
    """A container with nothing more to tell. Steps share the value."""
    return mapping({"container": _container(component, image, there, {}, {})})


@lru_cache(maxsize=1024)
def _parts(component: Component, image: str, there: Presence) -> Mapping[str, Encoded]:
    """Image, command and arguments, the latter where there are any. Steps share the values."""
    found = {"image": encoded(image)}
    for name, given in (("command", component.command), ("args", component.args)):
        if left := chosen(given, there):
            found[name] = encoded(tuple(argument(component, each) for each in left))
    return MappingProxyType(found)


@lru_cache(maxsize=1024)
def _variables(env: tuple[tuple[str, str], ...]) -> Encoded:
    """Steps that are told the same share the value: most are told their memory alone."""
    return encoded(tuple([{"name": name, "value": value} for name, value in env]))


def _env(settings: Settings, own: Mapping[str, str]) -> Mapping[str, str]:
    """Plain variables, sorted. KFP doesn't fill references in them (kubeflow/pipelines#13034)."""
    if not settings.env and settings.resources is None:
        return dict(sorted(own.items())) if own else own
    found = dict(own)
    for name, value in settings.env.items():
        if not isinstance(value, str):
            continue
        match bind(value):
            case Constant(str(text)):
                found[name] = text
            case _:
                raise ValueError(f"the variable {name} can't hold an expression")
    if (memory := settings.limits.get("memory")) is not None:
        found[MEMORY] = ITS_LIMIT if isinstance(memory, str) else str(ceil(memory.value))
    return dict(sorted(found.items()))
