"""Who uses what holds files, where they are lost with it.

In: the actions of a plan, changed documents, both projects, the new objects. Out: a `Break` for
each document that mounts such a claim, or one for whoever does. A claim is Kubernetes' own,
whatever other kind is called so; all objects of an environment are in its one namespace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from exai_compiler.build import Rendered
from exai_compiler.changes import Delete, Planned, Replace, document_of
from exai_compiler.expected import CLAIM, expected
from exai_compiler.planning.rules import LOST_WITH, NAMESPACE
from exai_compiler.project import Project
from exai_compiler.revisions.breaks import Break
from exai_compiler.revisions.documents import DocumentChange
from exai_specs.identity import Ref


def emptied(
    changes: Iterable[Planned],
    documents: Iterable[DocumentChange],
    base: Project,
    head: Project,
    objects: Iterable[Rendered],
) -> Iterator[Break]:
    """In the order of the actions."""
    own = {each.ref for each in documents if each.verb == "changed"}
    mounting: Mapping[str, set[Ref]] | None = None
    for planned in changes:
        change, ref = planned.change, document_of(planned)
        if not isinstance(change, Delete | Replace):
            continue
        files = LOST_WITH.get((change.id.api, change.id.kind))
        if files is None:
            continue
        gone = ref not in head.specs
        spec = (base if gone else head).specs.get(ref) if ref is not None else None
        if ref is None or spec is None:
            continue
        moves = isinstance(change, Replace) and change.field == NAMESPACE and ref not in own
        above = (head.root.ref, ref) if moves else (ref,)  # the environment's namespace
        what = "is deleted" if isinstance(change, Delete) else "is made again"
        lost = f"{what}, and {files}"
        if mounting is None:  # few plans lose files
            mounting = _mounting(objects)
        users = mounting.get(change.id.name, set()) - {ref}
        for user in sorted(user for user in users if user in head.specs):
            at = head.specs[user].at("metadata", "name")
            yield Break(str(user), user, at, f"it mounts {change.id}, which {lost}", (*above, user))
        if not users:
            at = spec.at("metadata", "name")
            because = above if moves else ()
            yield Break(f"whoever uses {change.id}", ref, at, f"it {lost}", because, is_gone=gone)


def _mounting(objects: Iterable[Rendered]) -> Mapping[str, set[Ref]]:
    """Whose objects need each claim; each object is asked alone, for a claim may be among the
    others."""
    found: defaultdict[str, set[Ref]] = defaultdict(set)
    for item in objects:
        for each in expected((item,), ()):
            if each.kind == CLAIM:
                found[each.name].add(item.origin)
    return found
