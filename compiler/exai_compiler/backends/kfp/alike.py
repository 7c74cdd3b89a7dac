"""Containers that are alike, told apart.

In: components and executors by label, and which of them are of containers that a document writes
out. Out: the executors. KFP's compiler keeps the interface of a component under the hash of its
container (`saveComponentSpec`, `hashComponentContainer` in
backend/src/v2/compiler/argocompiler/argo.go of kubeflow/pipelines): of two steps with the very same
image, command, arguments, variables and resources the second was given the inputs and outputs of
the first. Where these differ, a variable of no other meaning makes two containers of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exai_specs.frozen import Encoded, Json, encoded

STEP = "EXAI_STEP"


def told_apart(
    own: Iterable[tuple[str, str]],
    components: Mapping[str, Encoded],
    executors: Mapping[str, Encoded],
) -> Mapping[str, Encoded]:
    """The executors, with that variable in those that need it. `own` are labels of a component and
    of its executor.
    """
    first: dict[str, Json] = {}
    found: dict[str, Encoded] = {}
    for component, label in sorted(own):
        executor, interface = executors[label], _interface(components[component])
        if first.setdefault(executor.text, interface) != interface:
            found[label] = _named(executor, label)
    return {**executors, **found} if found else executors


def _interface(component: Encoded) -> Json:
    return {key: value for key, value in _fields(component.tree).items() if key != "executorLabel"}


def _named(executor: Encoded, label: str) -> Encoded:
    container = _fields(_fields(executor.tree)["container"])
    env = container.get("env", ())
    given = {str(_fields(each)["name"]): each for each in env} if isinstance(env, tuple) else {}
    given[STEP] = {"name": STEP, "value": label.removeprefix("exec-")}
    named = tuple(given[name] for name in sorted(given))
    return encoded({"container": {**container, "env": named}})


def _fields(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value} is no mapping")
    return value
