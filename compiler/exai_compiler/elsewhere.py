"""What is told of other environments than the one that somebody works on.

In: diagnostics of a whole project, the project, an environment. Out: those of them that concern it,
and the warnings and notes that don't: these name another environment, point into one, or stand in
an overlay of one. What names none is everybody's, and so is a name that a document has, too. Errors
are left where they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set

from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json
from exai_specs.kinds import OverlaySpec
from exai_specs.parse import Spec

_NAMED = re.compile(r"(?:\bin|\bof|\benvironment) `([^`]+)`")
_BLOCKS = ("spec", "environments")


def apart(
    problems: Iterable[Diagnostic], project: Project, name: str
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Those that matter in the environment, and those of others."""
    mine: list[Diagnostic] = []
    others: list[Diagnostic] = []
    places: Mapping[Span, str] | None = None
    said = _mapping(project.root.document.value.get("spec"))
    blocks: Mapping[str, Json] = _mapping(said, "environments")
    plain: Set[str] = frozenset()
    for problem in problems:
        if problem.severity == "error" or not blocks.keys() - {name}:
            mine.append(problem)
            continue
        if places is None:
            places = dict(_places(project.root, blocks, project.overlays))
            plain = blocks.keys() - {ref.name for ref in project.refs}
        concerned = set(_concerned(problem, plain, places))
        (others if concerned and name not in concerned else mine).append(problem)
    return mine, others


def _mapping(value: Json, key: str = "") -> Mapping[str, Json]:
    found = value.get(key) if key and isinstance(value, Mapping) else value
    return found if isinstance(found, Mapping) else {}


def _concerned(problem: Diagnostic, names: Set[str], places: Mapping[Span, str]) -> Iterator[str]:
    """The environments that a diagnostic names or points at."""
    for text, at in ((problem.message, problem.at), *problem.related):
        yield from (named for named in _NAMED.findall(text) if named in names)
        if at in places:
            yield places[at]


def _places(
    root: Spec, blocks: Mapping[str, Json], overlays: Iterable[Spec]
) -> Iterator[tuple[Span, str]]:
    """Every place in the block of an environment, and in its overlays."""
    for name, block in blocks.items():
        for path in _paths(block, (*_BLOCKS, name)):
            yield root.at(*path), name
            yield root.key_at(*path), name
    for spec in overlays:
        if isinstance(spec.body, OverlaySpec) and spec.body.environment in blocks:
            for path in _paths(spec.document.value, ()):
                yield spec.at(*path), spec.body.environment
                yield spec.key_at(*path), spec.body.environment


def _paths(value: Json, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _paths(inner, (*path, index))
