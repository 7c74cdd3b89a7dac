"""What a project consists of, which no command writes its output over.

In: a project that was read, a path. Out: what of the project the path would be, in words, or None.
Reads no file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import ProjectSpec

_ROOT = ("exai.yaml", "exai.lock")
_KEPT = frozenset({".git", ".exai"})  # Git's, and what targets remember


def own_file(project: Project, root: Path, read: Iterable[str], output: Path) -> Diagnostic | None:
    """Why nothing is written there; `read` are the paths of the project's files from its root."""
    place = Path(os.path.realpath(output))
    said = _of_the_project(project, root, read, place)
    if said is None:
        return None
    message = f"{output} is {said}"
    return Diagnostic("output-among-specs", message, Span(""), hint="name another with -o")


def _of_the_project(project: Project, root: Path, read: Iterable[str], place: Path) -> str | None:
    home = Path(os.path.realpath(root))
    if any(place == Path(os.path.realpath(home / path)) for path in (*_ROOT, *read)):
        return "a file of the project: it would be overwritten"
    if place.is_relative_to(home) and _KEPT & set(place.relative_to(home).parts):
        return "in a folder that isn't for people to write to"
    body = project.root.body
    for entry in body.specs if isinstance(body, ProjectSpec) else ():
        specs = Path(os.path.realpath(root / entry))
        if not place.is_relative_to(specs):
            continue
        if not any(part.startswith(".") for part in place.relative_to(specs).parts):
            return f"among the specs ({entry}): it would be read as such"
    return None
