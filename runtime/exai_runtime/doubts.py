"""What of a checked project can be relied on, and what is in doubt.

In: a project as it was checked. Out: its documents with what is told of them, and the names of what
can't be read. Judges nothing: `exai_compiler.whole` says which documents are whole.
"""

from __future__ import annotations

from exai_compiler.project import Project
from exai_compiler.whole import Readable
from exai_runtime.compiling import Checked
from exai_specs.diagnostics import Diagnostic


def readable(checked: Checked, project: Project, environment: str) -> Readable:
    """The documents of the `project` that was checked, in an environment."""
    judged = checked.loaded.judged
    there = judged.overlaid.get(environment, judged.project).all if judged is not None else ()
    unread = _unread(checked, environment)
    return Readable(project, _told(checked), unread, there, may_hold(checked, "Runtime"))


def may_hold(checked: Checked, kind: str) -> bool:
    """Whether what can't be read may be any document of this kind: its name, or a part of it, can't
    be read, and its kind is this one or can't, either. Of a file that is cut off any may be lost.
    """
    unread, texts = checked.loaded.unread, checked.loaded.sources
    return unread is None or any(
        (each.cut or each.nameless)
        and (each.kind in (kind, None) or not texts.get(each.path, "\n").endswith("\n"))
        for each in unread
    )


def _unread(checked: Checked, environment: str) -> frozenset[str] | None:
    unread, wrong = checked.loaded.unread, checked.loaded.wrong
    if unread is None or environment in wrong or any(each.may_be("Overlay") for each in unread):
        return None
    return frozenset(each for one in unread for each in one.names)


def _told(checked: Checked) -> tuple[Diagnostic, ...]:
    """Without what is wrong with documents that can't be read: it stands in no document that can,
    and nobody could say so of its place. A secret stands in one that is read all the same."""
    paths = {each.path for each in checked.loaded.unread or ()}
    own = set(checked.loaded.diagnostics).difference(checked.loaded.patched)
    return tuple(
        each
        for each in checked.diagnostics
        if each.at.path not in paths or each.code == "secret-in-spec" or each not in own
    )
