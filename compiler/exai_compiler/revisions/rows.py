"""Whose rows may be others where an environment has another database or data root.

In: the documents that a change reaches, the new project and its lineage. Out: the same documents,
the Project's note with the datasets that are read from there and the pipelines that read them.
Looks at no data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from exai_compiler.lineage import Lineage
from exai_compiler.project import Project
from exai_compiler.revisions.documents import DocumentChange, SpecField
from exai_compiler.revisions.ways import nearest
from exai_specs.identity import Ref
from exai_specs.kinds import DatasetSpec, Environment, Sqlite
from exai_specs.kinds.sources import HttpSource, Source, SqlSource
from exai_specs.values import replace

_MOST = 10  # in a note; `exai lineage` has all of them


def with_rows(
    documents: tuple[DocumentChange, ...],
    head: Project,
    name: str,
    environment: Environment,
    lineage: Lineage,
) -> tuple[DocumentChange, ...]:
    """The documents, in their order."""
    return tuple(
        replace(each, note=f"{each.note}; read from there: {told}")
        if each.ref.kind == "Project"
        and each.verb == "changed"
        and (told := _told(each.fields, head, name, environment, lineage))
        else each
        for each in documents
    )


def _told(
    fields: Iterable[SpecField],
    head: Project,
    name: str,
    environment: Environment,
    lineage: Lineage,
) -> str:
    connections, root = set[str](), False
    for field in fields:
        if field.path[:3] != ("spec", "environments", name) or len(field.path) < 4:
            continue
        root = root or field.path[3] == "data"
        if field.path[3] == "connections":
            connections.update(_named(field))
    if not connections and not root:
        return ""
    if root:
        connections |= {
            key
            for key, each in environment.connections.items()
            if isinstance(each, Sqlite) and not each.path.startswith("/")
        }
    found = [
        spec.ref
        for spec, body in head.bodies(DatasetSpec)
        if _is_there(body.source, connections, root)
    ]
    texts = [_with_readers(ref, lineage) for ref in sorted(found)[:_MOST]]
    more = [f"{len(found) - _MOST} more"] if len(found) > _MOST else []
    return ", ".join((*texts, *more))


def _named(field: SpecField) -> Iterator[str]:
    if len(field.path) > 4:
        yield str(field.path[4])
    for side in (field.old, field.new):
        if len(field.path) == 4 and isinstance(side, Mapping):
            yield from side


def _is_there(source: Source, connections: set[str], root: bool) -> bool:
    if isinstance(source, SqlSource):
        return source.connection in connections
    if isinstance(source, HttpSource):
        return False
    return root and "://" not in source.path


def _with_readers(dataset: Ref, lineage: Lineage) -> str:
    below = nearest(lineage, [(dataset,)], lambda above, _: above.kind in _PASSES)
    readers = sorted(str(ref) for ref in below if ref.kind == "Pipeline")
    more = [f"{len(readers) - _MOST} more"] if len(readers) > _MOST else []
    by = ", ".join((*readers[:_MOST], *more))
    return f"{dataset} (by {by})" if by else str(dataset)


_PASSES = ("Dataset", "FeatureService", "FeatureView")
