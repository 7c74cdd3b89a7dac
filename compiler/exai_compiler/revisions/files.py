"""The users' files of two revisions: which are new, gone, others, or in another place.

In: the texts that the specs of each name, by path. Out: a `FileChange` for each that isn't the
same in both, sorted by path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from exai_specs.values import frozen


@frozen
class FileChange:
    """A file that the specs name; of one that moved, `was` is its path in the old revision."""

    path: str
    verb: Literal["added", "removed", "changed", "moved"]
    was: str = ""


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[FileChange, ...]:
    """A text that is gone from one path and new at another has moved."""
    gone = {path for path in before if path not in after}
    by_text = {before[path]: path for path in sorted(gone, reverse=True)}
    found: list[FileChange] = []
    for path in sorted(after):
        was = by_text.pop(after[path], "") if path not in before else ""
        if was:
            gone.discard(was)
            found.append(FileChange(path, "moved", was))
        elif path not in before:
            found.append(FileChange(path, "added"))
        elif before[path] != after[path]:
            found.append(FileChange(path, "changed"))
    found += [FileChange(path, "removed") for path in gone]
    return tuple(sorted(found, key=lambda each: each.path))
