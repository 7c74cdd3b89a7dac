"""What changed, in words. In: changed fields, in order. Out: texts of both sides, or of a list.

The changes of one list of strings are told together, as what was removed and what was added: told
by index, an element that is gone would change every one after it. JSON keeps the indexes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar, cast

from exai_compiler.changes import FieldChange
from exai_compiler.maybe import Known, Maybe, Unknown
from exai_runtime.views.human.words import field_path, maybe_text, value_text, value_texts
from exai_specs.frozen import Json
from exai_specs.values import frozen

if TYPE_CHECKING:
    from exai_compiler.revisions import SpecField

_NOT_KNOWN = "(not known here)"
_MOST = 8  # elements of one list; JSON has all

Field = TypeVar("Field", FieldChange, "SpecField")


@frozen
class ListChange:
    """How a list of strings differs; neither part where only its order does."""

    removed: str
    added: str

    def __str__(self) -> str:
        parts = (f"removed {self.removed}", self.removed), (f"added {self.added}", self.added)
        return "; ".join(text for text, some in parts if some) or "in another order"


def together(fields: Sequence[Field]) -> Iterator[tuple[Field, ...]]:
    """Fields one by one, but neighbours that are strings of one list as one."""
    for _, group in groupby(enumerate(fields), lambda each: _list_of(each[1], each[0])):
        yield tuple(field for _, field in group)


def waiting_alike(
    fields: Sequence[FieldChange],
) -> tuple[tuple[FieldChange, ...], tuple[tuple[list[str], Unknown], ...]]:
    """The other fields, and the paths of those of which nobody knows either side, with what they
    wait for: once for all that wait alike."""
    alike: dict[Unknown, list[FieldChange]] = {}
    for field in fields:
        if isinstance(field.old, Unknown) and isinstance(field.new, Unknown):
            alike.setdefault(field.new, []).append(field)
    several = {unknown: some for unknown, some in alike.items() if len(some) > 1}
    gone = {each.path for some in several.values() for each in some}
    told = [([field_path(each.path) for each in some], of) for of, some in several.items()]
    return tuple(each for each in fields if each.path not in gone), tuple(told)


def path_text(group: Sequence[Field]) -> str:
    """The path of a field, or of the list."""
    path = group[0].path
    return field_path(path if len(group) == 1 else path[:-1])


def list_change(group: Sequence[Field]) -> ListChange | None:
    """None for what is no list of strings, or one element of it."""
    if len(group) > 1:
        sides = [(_plain(field.old), _plain(field.new)) for field in group]
        return _compared(_strings([old for old, _ in sides]), _strings([new for _, new in sides]))
    old, new = _plain(group[0].old), _plain(group[0].new)
    if not (isinstance(old, tuple) and isinstance(new, tuple)):
        return None
    before, after = _strings(old), _strings(new)
    return _compared(before, after) if len(before) == len(old) and len(after) == len(new) else None


def maybe_texts(old: Maybe[Json], new: Maybe[Json]) -> tuple[str, str]:
    """Both sides of a change, cut so that one sees how they differ."""
    if isinstance(old, Known) and isinstance(new, Known):
        return value_texts(old.value, new.value)
    return _NOT_KNOWN if isinstance(old, Unknown) else maybe_text(old), maybe_text(new)


def _list_of(field: FieldChange | SpecField, index: int) -> object:
    """The same for all that is told together."""
    one = isinstance(_plain(field.old), str) and isinstance(_plain(field.new), str)
    if one and field.path and isinstance(field.path[-1], int):
        return field.path[:-1], field.reason if isinstance(field, FieldChange) else field.effect
    return index


def _plain(side: object) -> object:
    return side.value if isinstance(side, Known) else side


def _strings(values: Sequence[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _compared(old: list[str], new: list[str]) -> ListChange:
    return ListChange(_named(Counter(old) - Counter(new)), _named(Counter(new) - Counter(old)))


def _named(values: Counter[str]) -> str:
    names = [value_text(cast(Json, value)) for value in values.elements()]
    rest = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {rest} more" if rest > 0 else "")
