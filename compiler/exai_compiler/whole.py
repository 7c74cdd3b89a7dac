"""Which documents of a project with mistakes are whole.

In: documents, the errors told of them, the names of what can't be read. Out: those that stay what
they are whatever was meant by what is wrong. Judges nothing itself.
"""

from __future__ import annotations

from exai_compiler.project import Project
from exai_compiler.standing import told_at
from exai_specs.diagnostics import Diagnostic
from exai_specs.identity import Ref
from exai_specs.parse import Spec
from exai_specs.values import frozen


@frozen
class Readable:
    """The documents of a project that can be read, and the `problems` told of these. `unread` are
    the names, in lower case, of what can't be read: None where that may be anything, or an overlay,
    which may change any document. `judged` are the documents that problems may be told of, with
    what is left of those that can't be read; without any they are the project's. `runtimes`: a
    Runtime of any name may be among what can't be read."""

    project: Project
    problems: tuple[Diagnostic, ...] = ()
    unread: frozenset[str] | None = frozenset()
    judged: tuple[Spec, ...] = ()
    runtimes: bool = False


def whole_documents(readable: Readable) -> frozenset[Ref]:
    """Those without an error, their own or one that names them, and that no wrong overlay may make
    into others."""
    if readable.unread is None:
        return frozenset()
    project = readable.project
    errors = (each for each in readable.problems if each.severity == "error")
    specs = (*(readable.judged or project.all), *project.overlays)
    about = told_at(specs)
    places = (at for each in errors for at in (each.at, *(at for _, at in each.related)))
    wrong = {specs[number].ref for at in places for number in about(at)}
    if any(ref.kind == "Overlay" for ref in wrong):
        return frozenset()
    return frozenset(project.specs) - wrong
