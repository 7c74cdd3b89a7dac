"""What documents say that models take and give: the signatures of Models, and of files in place.

In: a project. Out: each signature with the place that says it. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from exai_compiler.project import Project
from exai_specs.kinds import ModelSpec, ServiceSpec
from exai_specs.kinds.model_files import InlineModel
from exai_specs.kinds.signature import Signature
from exai_specs.parse import Spec

Path = tuple[str | int, ...]


class Told(NamedTuple):
    """`spec` says at `path` what the signature is."""

    signature: Signature
    spec: Spec
    path: Path


def signatures(project: Project) -> Iterator[Told]:
    """Every signature of the project, once."""
    for spec, body in project.bodies(ModelSpec):
        if body.signature is not None:
            yield Told(body.signature, spec, ("spec", "signature"))
    for spec, service in project.bodies(ServiceSpec):
        for path, model in service.models:
            if isinstance(model, InlineModel) and (found := told(project, spec, path, model)):
                yield found


def told(project: Project, spec: Spec, path: Path, model: str | InlineModel) -> Told | None:
    """What is said of a model that a service names, or has in place; None for one whose signature
    follows from the step that trains it, or that nobody tells.
    """
    if isinstance(model, InlineModel):
        if model.signature is None:
            return None
        return Told(model.signature, spec, (*path, "signature"))
    found = project.find("Model", model.partition("@")[0])
    body = found.body if found is not None else None
    if found is None or not isinstance(body, ModelSpec) or body.signature is None:
        return None
    return Told(body.signature, found, ("spec", "signature")) if body.source is not None else None
