"""What is told of other environments than the one that somebody works on.

In: diagnostics of a whole project, the project, an environment. Out: those of them that concern it,
and the warnings and notes that don't: these are of other environments, or stand in the block or an
overlay of one. Errors are left where they are.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Mapping

from exai_compiler.project import Project
from exai_compiler.standing import standing_at
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json
from exai_specs.kinds import OverlaySpec

_BLOCKS = ("spec", "environments")


def apart(
    problems: Iterable[Diagnostic], project: Project, name: str
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Those that matter in the environment, and those of others."""
    mine: list[Diagnostic] = []
    others: list[Diagnostic] = []
    standing: Callable[[Span], str | None] | None = None
    said = _mapping(project.root.document.value.get("spec"))
    blocks: Mapping[str, Json] = _mapping(said, "environments")
    for problem in problems:
        if problem.severity == "error" or not blocks.keys() - {name}:
            mine.append(problem)
            continue
        concerned = problem.environments
        if not concerned:
            standing = standing or _standing(project, blocks)
            there = standing(problem.at)
            concerned = (there,) if there is not None else ()
        (others if concerned and name not in concerned else mine).append(problem)
    return mine, others


def _mapping(value: Json, key: str = "") -> Mapping[str, Json]:
    found = value.get(key) if key and isinstance(value, Mapping) else value
    return found if isinstance(found, Mapping) else {}


def _standing(project: Project, blocks: Iterable[str]) -> Callable[[Span], str | None]:
    """The environment in whose block a place is, or of whose overlay it is."""
    root, named = project.root, frozenset(blocks)
    files = {each.document.path for each in (root, *project.overlays)}
    specs = [each for each in project.all if each.document.path in files]
    specs += project.overlays
    document = standing_at(specs)
    fields = [root.key_at(key) for key in root.document.value]
    fields += [root.key_at("spec", key) for key in root.document.keys(("spec",))]
    begun = [*((at, None) for at in fields), *((root.key_at(*_BLOCKS, n), n) for n in named)]
    begun.sort(key=lambda each: each[0])

    def standing(at: Span) -> str | None:
        number = document(at)
        spec = specs[number] if number is not None else None
        if spec is root:
            before = bisect(begun, at, key=lambda each: each[0])
            return begun[before - 1][1] if before else None
        body = spec.body if spec is not None else None
        found = body.environment if isinstance(body, OverlaySpec) else None
        return found if found in named else None

    return standing
