"""What can be compared with of a revision that doesn't compile.

In: a project with errors, in one environment. Out: the project without the documents that are wrong
and without those that can't do without them, or None where its own document is wrong, or something
that is of no document. Nothing is mended: who compares says what is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exai_compiler.catalog import Catalog
from exai_compiler.checks import check
from exai_compiler.project import Project, link
from exai_compiler.standing import told_at
from exai_specs.diagnostics import Diagnostic, has_errors
from exai_specs.lock import FILE as LOCK
from exai_specs.parse import Spec
from exai_specs.values import replace


def sound_part(
    project: Project, catalog: Catalog, name: str, problems: Iterable[Diagnostic] = ()
) -> Project | None:
    """What is left without the documents of these `problems` and of those that a check tells."""
    part: Project | None = project
    told = list(problems)
    while part is not None and part.environment(name) is not None:
        told += check(part, catalog, [name])
        if len(part.all) < len(project.all):
            told = [each for each in told if not _pins_nothing(each)]
        if not has_errors(told):
            return part
        wrong = _wrong(part.all, told)
        if not wrong or any(part.all[number] is part.root for number in wrong):
            return None
        kept = [spec for number, spec in enumerate(part.all) if number not in wrong]
        part = link(kept, part.allowances)
        part = replace(part, lock=project.lock) if part is not None else None
        told = []
    return None


def _pins_nothing(problem: Diagnostic) -> bool:
    """Whether the lock pins what was left out: it is read for what is left alone."""
    return problem.at.path == LOCK and problem.code == "unknown-reference"


def _wrong(specs: Sequence[Spec], problems: Iterable[Diagnostic]) -> frozenset[int]:
    """The documents that the errors among these are told of, by their numbers: of a file that
    documents name, all of these."""
    about = told_at(specs)
    wrong = (each for each in problems if each.severity == "error")
    return frozenset(number for problem in wrong for number in about(problem.at))
