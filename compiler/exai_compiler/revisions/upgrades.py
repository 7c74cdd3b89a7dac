"""What another exai is to blame for, where a build that one saved is compared with.

In: the actions that lead from the saved build to the new specs, and those that lead there from what
this exai makes of the build's own specs. Out: the first, apart by who is to blame.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from exai_compiler.changes import ObjectId, Planned, Update, subject, verb
from exai_compiler.planning.rules import FieldPath
from exai_specs.values import replace

Actions = tuple[Planned, ...]


def apart(planned: Actions, mine: Actions) -> tuple[Actions, Actions]:
    """The actions that the specs ask for, and those that another exai alone does."""
    fields: dict[ObjectId, set[FieldPath]] = {}
    for each in mine:
        if isinstance(each.change, Update):
            paths = (field.path for field in each.change.fields)
            fields.setdefault(each.change.id, set()).update(paths)
    own = {identity(each) for each in mine}
    told = tuple(_told(each, fields) for each in planned)
    return (
        tuple(each for each in told if identity(each) in own),
        tuple(each for each in told if identity(each) not in own),
    )


def identity(planned: Planned) -> tuple[str, str, int]:
    """Of an action in a plan; a move has the place of the update that it stands for."""
    what = verb(planned.change)
    return "update" if what == "replace" else what, subject(planned.change), planned.round


def _told(planned: Planned, same: Mapping[ObjectId, Set[FieldPath]]) -> Planned:
    """With the reason of the fields that differ from the saved build, and not from what this exai
    makes of its specs."""
    change = planned.change
    if not isinstance(change, Update):
        return planned
    known = same.get(change.id, frozenset())
    fields = tuple(
        field if field.path in known else replace(field, reason="exai-upgrade")
        for field in change.fields
    )
    return replace(planned, change=replace(change, fields=fields))
