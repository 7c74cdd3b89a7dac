"""The command `graph`: the lineage in a format that others read or draw.

In: a project's folder, a format, documents to limit it to. Out: a `Drawn`; with a file, that file
is written whole or not at all. Runs nothing, and looks at no environment unless one is named.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import assert_never

from exai_compiler.edges import Node
from exai_compiler.nodes import parse_node
from exai_compiler.picture import Picture, picture
from exai_runtime.git_commands import RevisionError, commit_time
from exai_runtime.lineage_results import Drawn, Format
from exai_runtime.mapping import Mapped, known, mapped
from exai_runtime.own_files import own_file
from exai_runtime.results import Refused
from exai_runtime.run_results import RunRecord
from exai_runtime.unknown_nodes import unknown
from exai_runtime.whole_file import write_whole
from exai_specs.diagnostics import Diagnostic, Span, in_order
from exai_specs.regexes import regex
from exai_specs.values import frozen, replace

NOWHERE = Span("")
MOST_ARROWS = 500
NO_TIME = "1970-01-01T00:00:00Z"
_TIME = regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")


@frozen
class Wanted:
    """What was asked for. `time` is what OpenLineage's events bear; "" for the last commit's.
    `environment` is one that is looked at for what happened, None for none; `declared_in` the one
    whose overlays count."""

    format: Format
    roots: tuple[str, ...] = ()
    columns: bool = False
    file: Path | None = None
    time: str = ""
    environment: str | None = None
    declared_in: str | None = None


def draw(root: Path, wanted: Wanted) -> Drawn | Refused:
    """The whole graph, or the part around the roots."""
    if wanted.time and not _is_time(wanted.time):
        message = f"`{wanted.time}` is no time with its zone"
        hint = "write it as RFC 3339 has it: 2026-11-26T09:00:00Z"
        return Refused((Diagnostic("bad-time", message, NOWHERE, hint=hint),))
    whole = mapped(root, wanted.declared_in)
    if isinstance(whole, Refused):
        return whole
    if wanted.file is not None:
        own = own_file(whole.project, root, whole.sources, wanted.file)
        if own is not None:
            return Refused((own,))
    roots = _roots(whole, wanted.roots)
    if isinstance(roots, Refused):
        return roots
    found = picture(whole.project, whole.graphs, whole.lineage, [node.ref for node in roots])
    notes = whole.diagnostics
    runs: tuple[RunRecord, ...] = ()
    if wanted.environment is not None:
        from exai_runtime.happening import happened

        looked = happened(root, wanted.environment)
        if isinstance(looked, Refused):
            return looked
        found = replace(found, environment=looked.environment, facts=looked.facts)
        drawn = {told.node.name for told in (*found.groups, *found.nodes)}
        runs = tuple(run for run in looked.runs if run.pipeline in drawn)
        notes = in_order((*notes, *looked.problems))
    time = wanted.time
    if wanted.format == "openlineage" and not time:
        time, note = _time_of(root)
        notes = (*notes, note)
    text = _text(whole, found, wanted, time, _base(root, wanted.file), runs)
    if wanted.format == "mermaid":
        notes = (*notes, *_too_many(text))
    if wanted.file is not None and (refused := _write(wanted.file, text)) is not None:
        return refused
    return Drawn(
        format=wanted.format,
        text="" if wanted.file is not None else text,
        file=str(wanted.file or ""),
        nodes=len(found.nodes),
        edges=len({edge[:2] for edge in found.edges}),
        diagnostics=notes,
        sources=whole.sources,
    )


def _text(
    whole: Mapped,
    found: Picture,
    wanted: Wanted,
    time: str,
    base: str | None,
    runs: tuple[RunRecord, ...],
) -> str:
    match wanted.format:
        case "mermaid":
            from exai_runtime.views.graph.mermaid import mermaid

            return mermaid(found, wanted.columns)
        case "dot":
            from exai_runtime.views.graph.dot import dot

            return dot(found, wanted.columns)
        case "json":
            from exai_runtime.views.graph.plain import as_json

            return as_json(found, wanted.columns)
        case "openlineage":
            from exai_compiler.transformations import how
            from exai_runtime.views.graph.openlineage import openlineage
            from exai_runtime.views.graph.run_events import run_events

            happened = run_events(found.project, found.environment, runs) if runs else ""
            told = openlineage(found, time, partial(how, whole.project, whole.graphs))
            return told + happened
        case "html":
            from exai_runtime.views.graph.page import page

            return page(found, wanted.columns, base)
    assert_never(wanted.format)


def _roots(whole: Mapped, names: Sequence[str]) -> tuple[Node, ...] | Refused:
    """Documents alone: a part of one is drawn with all of it."""
    found = []
    for name in names:
        node = parse_node(name)
        if node is None or not node.is_document or not known(whole, node):
            return unknown(whole, name, node if node is not None and node.is_document else None)
        found.append(node)
    return tuple(found)


def _base(root: Path, file: Path | None) -> str | None:
    """The way from the file's folder to the project; None without a file."""
    if file is None:
        return None
    way = os.path.relpath(root.resolve(), file.absolute().parent.resolve()).replace(os.sep, "/")
    return "" if way == "." else f"{way}/"


def _is_time(text: str) -> bool:
    try:
        return bool(_TIME.fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:
        return False


def _too_many(text: str) -> Iterator[Diagnostic]:
    """What viewers would refuse to draw: `maxEdges` of mermaid's config, 500 unless it is set,
    which GitHub and GitLab leave as it is."""
    from exai_runtime.views.graph.mermaid import ARROW

    arrows = text.count(ARROW)
    if arrows > MOST_ARROWS:
        message = f"Mermaid draws {MOST_ARROWS} edges unless told otherwise, and these are {arrows}"
        hint = (
            "name a document to draw only what is around it, draw a page (`--format html`), or set "
            "`maxEdges` where Mermaid is run"
        )
        yield Diagnostic("many-edges", message, NOWHERE, "note", hint)


def _time_of(root: Path) -> tuple[str, Diagnostic]:
    """When the commit was made that the project stands at: a graph of specs has no time of its
    own."""
    try:
        commit, seconds = commit_time(root)
    except RevisionError:
        said, time = "no commit was found", NO_TIME
    else:
        said = f"commit {commit[:12]}"
        time = datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    message = f"the events bear the time {time}: {said}"
    return time, Diagnostic("time-of-commit", message, NOWHERE, "note", hint="or give one: --time")


def _write(file: Path, text: str) -> Refused | None:
    """By a rename, so that nobody reads half of it."""
    try:
        write_whole(file, text)
    except OSError as error:
        message = f"{file} can't be written: {error.strerror}"
        problem = Diagnostic("no-access", message, NOWHERE, hint="name another with -o")
        return Refused((problem,))
    return None
