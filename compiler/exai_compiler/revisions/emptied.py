"""Who uses what holds files, where they are lost with it.

In: the actions of a plan, both projects, the new objects. Out: a `Break` for each document that
mounts such a claim, or one for whoever does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.build import Rendered
from exai_compiler.changes import Delete, Planned, Replace, document_of
from exai_compiler.expected import CLAIM, expected
from exai_compiler.planning.rules import LOST_WITH
from exai_compiler.project import Project
from exai_compiler.revisions.breaks import Break
from exai_specs.identity import Ref


def emptied(
    changes: Iterable[Planned], base: Project, head: Project, objects: Iterable[Rendered]
) -> Iterator[Break]:
    """In the order of the actions."""
    for planned in changes:
        change, ref = planned.change, document_of(planned)
        if not isinstance(change, Delete | Replace) or change.id.kind not in LOST_WITH:
            continue
        gone = ref not in head.specs
        spec = (base if gone else head).specs.get(ref) if ref is not None else None
        if ref is None or spec is None:
            continue
        what = "is deleted" if isinstance(change, Delete) else "is made again"
        lost = f"{what}, and {LOST_WITH[change.id.kind]}"
        users = _mounting(change.id.name, objects) - {ref}
        for user in sorted(user for user in users if user in head.specs):
            at = head.specs[user].at("metadata", "name")
            yield Break(str(user), user, at, f"it mounts {change.id}, which {lost}", (ref, user))
        if not users:
            at = spec.at("metadata", "name")
            yield Break(f"whoever uses {change.id}", ref, at, f"it {lost}", is_gone=gone)


def _mounting(claim: str, objects: Iterable[Rendered]) -> set[Ref]:
    """Whose objects need it; each is asked alone, for the claim may be among the others."""
    return {
        item.origin
        for item in objects
        if any((each.kind, each.name) == (CLAIM, claim) for each in expected((item,), ()))
    }
