"""A law of comparing: a document's class and those of the actions that come of it are one.

Every field that the sample projects set is changed once, and both are held against each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from valid_projects import Texts, components, projects

from exai_compiler.changes import document_of
from exai_compiler.checks import check
from exai_compiler.environments import environments
from exai_compiler.project import link
from exai_compiler.revisions import Comparison, Revision, compare
from exai_specs.diagnostics import has_errors
from exai_specs.documents import read
from exai_specs.effects import Effect
from exai_specs.frozen import thaw
from exai_specs.identity import Ref
from exai_specs.parse import parse_all

Path_ = tuple[str | int, ...]
Field = tuple[str, ...]
Documents = tuple[tuple[str, Any], ...]
"""Each with its file."""
SHARDS = 8  # so that several processes share the work


def documents_of(texts: Texts) -> Documents:
    return tuple(
        (path, thaw(document.value))
        for path, text in texts.items()
        if path.endswith(".yaml")
        for document in read(text, path)[0]
    )


def targets_of(documents: Documents) -> Mapping[str, str]:
    """The target of each environment."""
    root = next((each for _, each in documents if each["kind"] == "Project"), None)
    declared = root["spec"].get("environments", {}) if root is not None else {}
    found = {name: environment["target"] for name, environment in declared.items()}
    return found or ({"local": "local"} if root is not None else {})


def revision(documents: Documents, texts: Texts, name: str) -> Revision | None:
    """None where it isn't valid."""
    parts = [part for path, each in documents for part in read(json.dumps(each), path)[0]]
    specs, unread = parse_all(parts)
    project = link(specs)
    if unread or project is None or environments(project).problems:
        return None
    mine = environments(project).projects.get(name, project)
    environment = mine.environment(name)
    python = {path: text for path, text in texts.items() if path.endswith(".py")}
    modules = frozenset(Path(path).stem for path in python)
    catalog = replace(components(), files=python, modules=modules)
    if environment is None or has_errors(check(mine, catalog, [name])):
        return None
    return Revision(mine, catalog, environment)


def leaves(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, dict | list):
            yield from leaves(inner, (*path, key))
        elif path or key in ("spec", "metadata"):
            yield (*path, key), inner


def others(value: Any) -> Iterator[Any]:
    """Values near this one."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, float):
        yield from (value / 2, value + 1)
    elif isinstance(value, str):
        if number := re.search(r"\d+", value):
            yield f"{value[: number.start()]}{int(number[0]) + 1}{value[number.end() :]}"
        yield from (f"{value}x", f"x{value}")


def changed(value: Any, path: Path_, new: Any) -> Any:
    if not path:
        return new
    items = dict(value) if isinstance(value, dict) else list(value)
    items[path[0]] = changed(items[path[0]], path[1:], new)
    return items


def field_of(document: Any, path: Path_, name: str, target: str) -> Field:
    """What is one field in all projects: of a Service, on each target."""
    where = {"Project": name, "Service": target}.get(document["kind"], "")
    return (document["kind"], where, *(part if isinstance(part, str) else "*" for part in path))


@cache
def tasks() -> Mapping[tuple[str, str], list[tuple[int, Path_]]]:
    """The fields to change in each environment of each project."""
    found: dict[tuple[str, str], list[tuple[int, Path_]]] = {}
    known: set[Field] = set()
    for project, texts in projects().items():
        documents = documents_of(texts)
        for name, target in targets_of(documents).items():
            for index, (_, document) in enumerate(documents):
                for path, _ in leaves(document):
                    field = field_of(document, path, name, target)
                    if field not in known and path != ("metadata", "name"):
                        known.add(field)
                        found.setdefault((project, name), []).append((index, path))
    return found


def settle(found: Comparison, ref: Ref, what: object) -> None:
    """That the comparison after one changed field is of one mind."""
    assert found.plan is not None and found.build is not None, what
    told = {each.ref: each for each in found.documents}
    document = told.get(ref)
    if document is None:  # an overlay's change is its target's
        assert ref.kind == "Overlay", what
        return
    for planned in found.plan.changes:
        origin = document_of(planned)
        if origin is not None and origin.kind != "Project":
            assert planned.impact <= told[origin].impact, (what, planned)
    assert all(each.effect <= document.impact for each in document.fields), what
    assert all(each.impact <= document.impact for each in found.documents), what
    impacts = [planned.impact for planned in found.plan.changes]
    happens = max((*impacts, *(Effect.BREAKING for _ in found.breaks)), default=Effect.METADATA)
    if document.impact is not happens and (impacts or document.impact > Effect.RENDER):
        # What no action tells: a run that nothing starts here, or a version that nobody knows.
        waits = found.build.waiting and document.impact is Effect.REDEPLOY
        noted = document.impact is Effect.RETRAIN and any(each.note for each in found.documents)
        # Or where an alias goes that exai moves, which only a registry tells.
        moves = ref.kind == "Model" and document.impact is Effect.REDEPLOY and document.note
        assert waits or noted or moves, (what, document.impact, impacts)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_documents_and_actions_have_one_class(shard: int) -> None:
    held = sum(held_of(task) for task in sorted(tasks())[shard::SHARDS])
    assert held > 10


def held_of(task: tuple[str, str]) -> int:
    """How many fields could be changed."""
    project, name = task
    texts = projects()[project]
    documents = documents_of(texts)
    if (base := revision(documents, texts, name)) is None:  # an environment that can't have it
        return 0
    held = 0
    for index, path in tasks()[task]:
        file, document = documents[index]
        ref = Ref(document["kind"], document["metadata"]["name"])
        value = dict(leaves(document))[path]
        for new in others(value):
            other = (file, changed(document, path, new))
            head = revision((*documents[:index], other, *documents[index + 1 :]), texts, name)
            if head is not None:
                found = compare(base.project, base, head, name)
                settle(found, ref, (task, str(ref), path, value, new))
                held += 1
                break
    return held


def test_every_kind_is_changed() -> None:
    kinds = {
        documents_of(projects()[project])[index][1]["kind"]
        for (project, _), fields in tasks().items()
        for index, _ in fields
    }
    assert len(kinds) >= 14
