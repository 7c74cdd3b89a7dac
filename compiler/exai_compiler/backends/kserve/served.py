"""What a service serves: the version that its reference means, a Model of files, or files in place.

In: the resolved project, a `model`. Out: where its files are and what they are; leaves of a version
that nobody knows yet are Unknown. Of a project alone: the formats that may have to be served.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from exai_compiler.backends.kserve.formats import format_of, formats_in
from exai_compiler.makers import Maker
from exai_compiler.maybe import Known, Maybe, Unknown
from exai_compiler.project import Project
from exai_compiler.resolved import Resolved
from exai_specs.kinds import ModelSpec
from exai_specs.kinds.model import Registered
from exai_specs.kinds.model_files import Files, InlineModel, Storage
from exai_specs.values import frozen

MLFLOW = "mlflow"
"""The format of a version that others registered: a folder with MLmodel."""


@frozen
class Source:
    """`digest` and `number` are None where nobody says them; `storage` stands instead of `uri`."""

    format: Maybe[str]
    version: str | None
    uri: Maybe[str] | None
    storage: Storage | None = None
    digest: Maybe[str] | None = None
    number: Maybe[int] | None = None


def source_of(resolved: Resolved, model: str | InlineModel) -> Source:
    """Raises KeyError for a reference that wasn't resolved: a bug of the caller."""
    if isinstance(model, InlineModel):
        return _inline(model)
    files = files_of(resolved.project, model)
    if files is not None:
        digest = Known(files.digest) if files.digest is not None else None
        return Source(Known(files.format), files.format_version, Known(files.uri), digest=digest)
    version = resolved.models[model]
    if isinstance(version, Unknown):
        format_ = format_of(resolved, model, version)
        if is_elsewhere(resolved.project, model):
            format_ = version
        return Source(format_, None, version, digest=version, number=version)
    found = version.value
    foreign = not found.digest and is_elsewhere(resolved.project, model)
    return Source(
        Known(MLFLOW) if foreign else format_of(resolved, model, version),
        None,
        Known(found.uri),
        digest=None if foreign else Known(found.digest),
        number=Known(found.number),
    )


def may_be_served(
    project: Project, makers: Mapping[str, Iterable[Maker]], model: str | InlineModel | None
) -> Iterator[tuple[str, str | None, bool]]:
    """What may have to be served: a format, its version, and whether exai's steps wrote it."""
    if isinstance(model, InlineModel):
        yield model.format, model.format_version, model.digest is not None
    elif model is not None:
        files = files_of(project, model)
        if isinstance(files, Files):
            yield files.format, files.format_version, files.digest is not None
        elif is_elsewhere(project, model):
            yield MLFLOW, None, False
        else:
            name = model.partition("@")[0]
            # The pipelines that register it, not all there are: services times pipelines is a lot.
            graphs = {m.graph.pipeline: m.graph for m in makers.get(name, ())}
            for format_ in formats_in(project, graphs.values(), name):
                yield format_, None, True


def _inline(model: InlineModel) -> Source:
    return Source(
        Known(model.format),
        model.format_version,
        Known(model.uri) if model.uri is not None else None,
        model.storage,
        Known(model.digest) if model.digest is not None else None,
    )


def files_of(project: Project, reference: str) -> Files | None:
    """The files that a Model's document names; None for a registered one."""
    body = project.body(ModelSpec, reference)
    return body.source if body is not None and isinstance(body.source, Files) else None


def is_elsewhere(project: Project, reference: str) -> bool:
    """Whether others register the versions of the model."""
    body = project.body(ModelSpec, reference.partition("@")[0])
    return body is not None and isinstance(body.source, Registered)
