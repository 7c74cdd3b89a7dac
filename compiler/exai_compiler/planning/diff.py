"""Two trees, field by field.

In: what a target holds and what was rendered. Out: `FieldChange`s, in order of their paths. Never:
a credential; plans are shown to people, and posted where more of them read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.changes import FieldChange
from exai_compiler.maybe import Known, Maybe, Tree, Unknown, unknowns
from exai_specs.frozen import Json, freeze
from exai_specs.withheld import NAMED, name_behind, name_of, shown

FieldPath = tuple[str | int, ...]


def diff(old: Tree, new: Tree, path: FieldPath = (), name: str = "") -> Iterator[FieldChange]:
    """Every leaf in which `new` differs; `name` is the one that a leaf goes by.

    Lists of one length are compared element by element, others as a whole.
    """
    if isinstance(new, Unknown) or isinstance(old, Unknown):
        if old != new:
            yield FieldChange(path, _leaf(old, name), _leaf(new, name), "changed")
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            before, after = old.get(key), new.get(key)
            if _is_one(before, after):
                continue
            # Most of two trees is the same, and a name matters to what differs alone.
            called = ""
            if before != after:
                called = max(name_of(key, old), name_of(key, new), key=_is_named)
            yield from diff(before, after, (*path, key), called)
    elif isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            if _is_one(before, after):
                continue
            called = ""
            if index and isinstance(after, str) and before != after:  # words of a command, maybe
                called = max(name_behind(old[index - 1]), name_behind(new[index - 1]))
            yield from diff(before, after, (*path, index), called)
    elif not _same(old, new):
        yield FieldChange(path, _leaf(old, name), _leaf(new, name), "changed")


def _is_one(old: Tree, new: Tree) -> bool:
    """Whether a look suffices to see that both sides are the same."""
    return old is new or (type(old) is type(new) and type(old) in _LEAVES and old == new)


_LEAVES = frozenset({str, int, float, bool})


def _same(old: Tree, new: Tree) -> bool:
    # 1 == True in Python, not in JSON.
    return old == new and isinstance(old, bool) == isinstance(new, bool)


def _is_named(name: str) -> bool:
    return NAMED.search(name) is not None


def _leaf(side: Tree, name: str) -> Maybe[Json]:
    for unknown in unknowns(side):
        return unknown
    return Known(freeze(shown(side, name)))
