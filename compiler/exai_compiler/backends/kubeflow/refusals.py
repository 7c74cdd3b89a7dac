"""What keeps Kubeflow's controller from running a Notebook whose every field is of the right type.

In: an object, as a Manifest holds it or with a patch. Out: what is wrong, by path. Source:
components/notebook-controller/controllers/notebook_controller.go of kubeflow/notebooks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.maybe import Tree
from exai_compiler.pods.loose_ends import LooseEnd

PREFIX = "NB_PREFIX"
SELECTED_BY = ("notebook-name", "statefulset")
"""The labels by which the controller finds a notebook's pods: it copies the object's own over them,
and Kubernetes takes no StatefulSet whose pods its selector doesn't find."""


def refusals(body: Mapping[str, Tree]) -> Iterator[LooseEnd]:
    """Every one of a Notebook; nothing of another kind."""
    group = str(body.get("apiVersion", "")).rpartition("/")[0]
    if (group, body.get("kind")) != ("kubeflow.org", "Notebook"):
        return
    name = _at(body, "metadata", "name")
    labels = _at(body, "metadata", "labels")
    given = labels if isinstance(labels, Mapping) else {}
    for label in SELECTED_BY:
        if label in given and given[label] != name:
            why = "is how the controller finds the notebook's pods, which get this value instead"
            yield LooseEnd(("metadata", "labels", label), why, "remove it")
    containers = _at(body, "spec", "template", "spec", "containers")
    first = containers[0] if isinstance(containers, tuple) and containers else None
    variables = first.get("env") if isinstance(first, Mapping) else None
    for index, each in enumerate(variables if isinstance(variables, tuple) else ()):
        if isinstance(each, Mapping) and each.get("name") == PREFIX:
            why = f"sets {PREFIX}, which has to be the path that the controller routes"
            path = ("spec", "template", "spec", "containers", 0, "env", index)
            yield LooseEnd(path, why, "remove it: the controller sets it")


def _at(tree: Tree, *path: str) -> Tree:
    for part in path:
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree
