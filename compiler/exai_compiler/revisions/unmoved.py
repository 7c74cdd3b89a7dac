"""Services that nobody moves to another version, beside one that moves.

In: the actions of a plan, the old project, the new revision resolved. Out: the same, without what
only says that a version isn't known of the old revision. Where a service moves between two aliases,
or to a number, no comparison knows what the old one means; another service that asks for it on
both sides serves what it served.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.changes import FieldChange, Planned, Update
from exai_compiler.facts import Pin
from exai_compiler.maybe import Known, Unknown
from exai_compiler.project import Project
from exai_compiler.resolved import Resolved
from exai_specs.identity import Ref
from exai_specs.kinds import ServiceSpec
from exai_specs.values import replace


def less_unmoved(planned: Iterable[Planned], base: Project, head: Resolved) -> Iterator[Planned]:
    """The actions, in their order."""
    for each in planned:
        change = each.change
        known = change.fields if isinstance(change, Update) else ()
        fields = tuple(field for field in known if not _is_of_version(field))
        is_other = isinstance(change, Update) and len(fields) < len(known)
        if not isinstance(change, Update) or not is_other or not _stays(change.origin, base, head):
            yield each
        elif fields:
            yield replace(each, change=replace(change, fields=fields))


def _is_of_version(field: FieldChange) -> bool:
    old, new = field.old, field.new
    return isinstance(old, Unknown) and old.waits_for.kind == "Model" and isinstance(new, Known)


def _stays(ref: Ref, base: Project, head: Resolved) -> bool:
    """Whether it asks for what it asked for, which no pin of the new revision decides."""
    was, now = (each.body(ServiceSpec, ref.name) for each in (base, head.project))
    if ref.kind != "Service" or was is None or now is None or was.references != now.references:
        return False
    asked = (reference.partition("@") for _, reference in now.references)
    return not any(isinstance(head.lock.pins.get((model, at)), Pin) for model, _, at in asked)
