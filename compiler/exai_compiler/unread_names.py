"""Which names may be those of documents that can't be read.

In: what is known of those, and the project without them. Out: whether a name may be of one. Judges
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache

from exai_compiler.project import Project
from exai_compiler.unread import Unread
from exai_specs.nearest import as_near, nearest

_NONE = frozenset[str]()


def unread_by_name(
    project: Project, unread: Collection[Unread]
) -> Callable[[str, str | None], bool]:
    """Whether a word may be meant for one of `unread` of a kind, of any with None. A name that can
    be read is what others have to write; one that may be misread is meant where no name of the
    kind that can be read is as near."""

    @cache
    def called(kind: str | None) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """The names of what may be of this kind, those of them that are doubtful, and those of the
        documents of the kind that can be read."""
        of_it = [each for each in unread if each.kind in (kind, None) or kind is None]
        names = _NONE.union(*(each.names for each in of_it))
        doubtful = (each.names for each in of_it if each.cut or each.nameless)
        return names, _NONE.union(*doubtful), project.names(kind) if kind is not None else _NONE

    @cache
    def may_mean(word: str, kind: str | None) -> bool:
        names, doubtful, known = called(kind)
        if word.casefold() in names:
            return True
        if (close := nearest(word, doubtful)) is None:
            return False
        readable = nearest(word, known)
        return readable is None or not as_near(word, readable, close)

    return may_mean
