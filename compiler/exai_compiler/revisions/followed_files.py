"""Pipelines whose object changes because of a file alone: its text means the same to a run, or
nobody runs it here.

In: the documents that a change reaches, the actions of a plan, both revisions. Out: the same
documents, with each such pipeline and the file that is to blame.
"""

from __future__ import annotations

from collections.abc import Iterable

from exai_compiler.changes import Planned, document_of
from exai_compiler.resolved import Resolved
from exai_compiler.revisions.documents import DocumentChange, by_ref
from exai_compiler.revisions.impact import first_file, paths_changed
from exai_specs.values import replace


def with_file_followers(
    documents: tuple[DocumentChange, ...],
    planned: Iterable[Planned],
    old: Resolved,
    new: Resolved,
) -> tuple[DocumentChange, ...]:
    """Sorted by identity."""
    files = paths_changed(old, new)
    known, found = by_ref(documents), dict(by_ref(documents))
    for each in planned:
        ref = document_of(each)
        if ref is None or ref.kind != "Pipeline" or ref in known or ref.name not in new.graphs:
            continue
        if not (file := first_file(files, new, ref)):
            continue
        own = found.get(ref)
        if own is None:
            at = new.project.specs[ref].at("metadata", "name")
            own = DocumentChange(ref, "affected", each.impact, (*file, ref), (), at)
        found[ref] = replace(own, impact=max(own.impact, each.impact))
    return tuple(found[ref] for ref in sorted(found))
