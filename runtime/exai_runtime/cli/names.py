"""Names of the project for completion. Never fails or prints: at worst it offers none."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exai_compiler.project import Project


def environments(directory: Path | None) -> tuple[str, ...]:
    """The environments of the project, sorted; `local` always exists."""
    project = _project(directory)
    declared = getattr(project.root.body, "environments", {}) if project is not None else {}
    return tuple(sorted({"local", *declared}))


def documents(directory: Path | None, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The documents of these kinds, sorted by name."""
    project = _project(directory)
    return tuple(sorted(r.name for r in project.specs if r.kind in kinds)) if project else ()


def lineage_nodes(directory: Path | None, incomplete: str) -> tuple[str, ...]:
    """Documents; of one whose name is whole, its steps or columns as the text asks for them."""
    steps, columns = "#" in incomplete, ":" in incomplete
    if not steps and not columns:
        project = _project(directory)
        return tuple(str(ref) for ref in project.specs if ref.kind != "Project") if project else ()
    with suppress(Exception):
        from exai_runtime.folder import find_root
        from exai_runtime.mapping import mapped, named_below
        from exai_runtime.results import Refused

        root = directory.resolve() if directory is not None else find_root(Path.cwd())
        found = mapped(root) if root is not None else None
        if found is not None and not isinstance(found, Refused):
            return tuple(map(str, named_below(found, incomplete)))
    return ()


def parameters(directory: Path | None, pipeline: str) -> tuple[str, ...]:
    """The parameters of a pipeline, in the order of its spec."""
    project = _project(directory)
    spec = project.find("Pipeline", pipeline) if project else None
    return tuple(getattr(spec.body, "parameters", {})) if spec else ()


def run_keys(directory: Path | None, environment: str) -> tuple[tuple[str, str], ...]:
    """The beginning of each run's key with its pipeline and state, the newest first. Asks no
    registry."""
    with suppress(Exception):
        from exai_runtime.folder import find_root
        from exai_runtime.local.paths import Paths
        from exai_runtime.local.run_records import records

        root = directory.resolve() if directory is not None else find_root(Path.cwd())
        found = records(Paths(root, environment), {}) if root is not None else ()
        return tuple((one.key[:12], f"{one.pipeline}, {one.state}") for one in found)
    return ()


def _project(directory: Path | None) -> Project | None:
    with suppress(Exception):
        from exai_runtime.folder import find_root
        from exai_runtime.workspace import load

        root = directory.resolve() if directory is not None else find_root(Path.cwd())
        return None if root is None else load(root).project
    return None
