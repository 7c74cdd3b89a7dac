"""Services that one serving runtime of exai's serves.

In: the documents that a change reaches, the actions of a plan, the new build. Out: the same
documents, with every service whose server is another because its runtime changes: the runtime comes
of the first of them, and KServe rolls all out. A Runtime of the users' own is a document: one that
changed has its services below it already, and one that only a pinned image changes has them here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from exai_compiler.backends.kserve.runtime import KIND as RUNTIME
from exai_compiler.backends.kserve.service import KIND as SERVICE
from exai_compiler.build import Build
from exai_compiler.changes import Planned, Replace, Update
from exai_compiler.project import Project
from exai_compiler.revisions.documents import DocumentChange, by_ref
from exai_compiler.revisions.reachable import is_stopped
from exai_specs.identity import Ref
from exai_specs.values import replace


def with_sharers(
    documents: tuple[DocumentChange, ...],
    planned: Iterable[Planned],
    build: Build,
    head: Project,
) -> tuple[DocumentChange, ...]:
    """Sorted by identity."""
    found = dict(by_ref(documents))
    served: Mapping[object, list[Ref]] | None = None
    for each in planned:
        change = each.change
        if not isinstance(change, Update | Replace) or change.id.kind != RUNTIME:
            continue
        if served is None:
            served = _served(build)
        origin = found.get(change.origin)
        if origin is None or not _is_shared(origin):
            continue
        above = origin.because
        if origin.ref.kind == "Service":
            above = tuple(ref for ref in above if ref != origin.ref) or (origin.ref,)
        for ref in served.get(change.id.name, ()):
            if is_stopped(head.specs[ref]):
                continue
            own, because = found.get(ref), (*above, ref)
            if own is None:
                at = head.specs[ref].at("metadata", "name")
                found[ref] = DocumentChange(ref, "affected", each.impact, because, (), at)
            elif own.impact < each.impact and own.verb != "added":
                found[ref] = replace(own, impact=each.impact, because=because)
    return tuple(found[ref] for ref in sorted(found))


def _is_shared(origin: DocumentChange) -> bool:
    kind = origin.ref.kind
    return kind == "Service" or (kind == "Runtime" and origin.verb == "affected")


def _served(build: Build) -> Mapping[object, list[Ref]]:
    """The services by the runtime that serves them."""
    found: defaultdict[object, list[Ref]] = defaultdict(list)
    for item in build.objects:
        if item.id.kind == SERVICE:
            found[_runtime_of(item.body)].append(item.origin)
    return found


def _runtime_of(body: object) -> object:
    for key in ("spec", "predictor", "model", "runtime"):
        if not isinstance(body, Mapping):
            return None
        body = body.get(key)
    return body
