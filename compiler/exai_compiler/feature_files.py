"""Files of the user's own in an environment's feature repository.

In: a project and an environment. Out: their paths from exai.yaml's folder, in the order of the
document. Never: what they say; they are copied as they are.
"""

from __future__ import annotations

import posixpath

from exai_compiler.project import Project
from exai_specs.kinds import Environment

# Modules that the repository has of exai's.
RENDERED = frozenset({"definitions", "exai_sources"})


def named_files(project: Project, environment: Environment) -> tuple[str, ...]:
    """Of `features.files`, which are relative to the document's own file."""
    given = environment.features.files if environment.features else ()
    folder = posixpath.dirname(project.root.document.path)
    return tuple(posixpath.normpath(posixpath.join(folder, path)) for path in given)
