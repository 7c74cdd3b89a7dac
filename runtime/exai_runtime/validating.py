"""`validate`: every problem of every document of a folder.

Opens no target, runs nothing, writes nothing but the cache.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from types import MappingProxyType

from exai_runtime.collector import collector_off
from exai_runtime.rechecking import recheck
from exai_runtime.validated import Validated
from exai_specs.diagnostics import Diagnostic, in_order, raised


def validate(
    root: Path,
    strict: bool = False,
    error_on: Collection[str] = (),
    environment: str = "local",
) -> Validated:
    """With `strict` warnings are errors, and so is what has a code of `error_on`. All environments
    are checked, of which `environment` must be one."""
    with collector_off():
        found = recheck(root)
        asked = environment != "local" and found.project is not None
        named = _named(root, environment) if asked else ()
    return Validated(
        project=found.project,
        diagnostics=in_order((*raised(found.diagnostics, strict, error_on), *named)),
        sources=found.sources,
        counts=MappingProxyType(dict(sorted(found.counts.items()))),
    )


def _named(root: Path, environment: str) -> tuple[Diagnostic, ...]:
    """That the project has no environment of this name; the first file alone knows."""
    from exai_compiler.project import link
    from exai_runtime.compiling import environment_of
    from exai_runtime.folder import ROOT_FILE, DiskFolder
    from exai_specs.documents import read
    from exai_specs.parse import parse_all

    documents, _ = read(DiskFolder(root).read(ROOT_FILE), ROOT_FILE)
    project = link(parse_all(documents)[0])
    if project is None or project.environment(environment) is not None:
        return ()
    return environment_of(project, environment)[1]
