"""Why a text names nothing of the lineage, and what was probably meant.

In: a `Mapped`, the text. Out: a `Refused` whose hint has the closest nodes.
"""

from __future__ import annotations

from collections.abc import Collection

from exai_compiler.edges import Node
from exai_compiler.named_files import asked_files
from exai_compiler.nodes import parse_node
from exai_runtime.mapping import Mapped, first, named_below
from exai_runtime.results import Refused
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import OverlaySpec
from exai_specs.nearest import did_you_mean, nearest
from exai_specs.regexes import regex

NOWHERE = Span("")
_NAME = regex(r"[^#:\s]+")
_MOST = 4  # more than this many in a question help nobody
_FORMS = "Kind/name, Kind/name#step, Kind/name:column or Kind/name#step:column"


def unknown(whole: Mapped, text: str, node: Node | None) -> Refused:
    """There is no such node; the hint has the closest, or what to ask for instead."""
    word = text.strip()
    hint = _environment(whole, word.removeprefix("Environment/")) or _overlay(whole, word, node)
    hint = hint or _file(whole, word)
    if not hint:
        near = _near(whole, text, node)
        hint = _listed(_meant(whole, word, node)) or did_you_mean(
            "" if node is not None else text, near
        )
        if node is None:
            hint = f"write {_FORMS}; {hint}"
    found = Diagnostic("unknown-node", f"`{text}` is nothing in this lineage", NOWHERE, hint=hint)
    return Refused((found,), whole.sources)


def _environment(whole: Mapped, word: str) -> str:
    """What to ask for where an environment was named; "" for anything else."""
    refs = [ref for ref in whole.project.specs if ref.kind != "Project"]
    if whole.project.environment(word) is None or any(ref.name == word for ref in refs):
        return ""
    some = refs[0] if refs else "Kind/name"
    return f"`{word}` is an environment: `exai lineage {some} -e {word}` says what a node is there"


def _overlay(whole: Mapped, word: str, node: Node | None) -> str:
    """What to ask for where an overlay was named, which says how a node is somewhere; "" for
    anything else."""
    known = {str(spec.ref): spec.body for spec in whole.overlays}
    named = str(node) if node is not None else f"Overlay/{word}"
    close = nearest(named, known) if named.startswith("Overlay/") else None
    body = known.get(close or "")
    if not isinstance(body, OverlaySpec) or (node is None and close != named):
        return ""
    return (
        f"an overlay is no node: {close} says how {body.target} is in `{body.environment}`, "
        f"which `exai lineage {body.target} -e {body.environment}` shows"
    )


def _file(whole: Mapped, word: str) -> str:
    """What to ask for where a file was named; "" for anything else."""
    path = word.removeprefix("File/").removeprefix("./")
    found = {
        str(ref) for ref, spec in whole.project.specs.items() if spec.document.path == path != ""
    }
    for spec, place, named in asked_files(whole.project.specs.values()):
        if path == named or path.startswith(f"{named}/"):
            graph = whole.graphs.get(spec.ref.name) if spec.ref.kind == "Pipeline" else None
            steps = graph.steps.values() if graph is not None else ()
            mine = [step.name for step in steps if step.path == place[:-1]]
            found.add(str(Node(spec.ref.kind, spec.ref.name, *mine[:1])))
    found = {name for name in found if not name.startswith("Project/")}
    if not found and not word.startswith("File/"):
        return ""
    return f"a file is no node, what names it is: write {_FORMS}; {_listed(found)}".rstrip("; ")


def _listed(names: Collection[str]) -> str:
    listed = ", ".join(f'"{name}"' for name in sorted(names)[:_MOST])
    return f"did you mean {listed}?" if names else ""


def _meant(whole: Mapped, word: str, node: Node | None) -> set[str]:
    """The nodes that differ in little else than what isn't written, or in the document's name."""
    documents = {str(ref): ref for ref in whole.project.specs if ref.kind != "Project"}
    if node is None:
        return _named(whole, word)
    if node.ref in whole.project.specs:
        return _inside(whole, node)
    alike = {ref for ref in documents.values() if ref.name == node.name}
    # The name by itself: with its kind before it anything looks alike.
    kinds = {ref.kind for ref in documents.values()}
    kind = node.kind if node.kind in kinds else nearest(node.kind, kinds)
    names = {ref.name for ref in documents.values() if ref.kind == kind}
    if close := nearest(node.name, names):
        alike = {documents[f"{kind}/{close}"]} | (alike if node.is_document else set())
    found: set[str] = set()
    for one in {node._replace(kind=ref.kind, name=ref.name) for ref in alike}:
        found |= {str(one)} if first(whole, one) else _inside(whole, one)
    return found


def _inside(whole: Mapped, node: Node) -> set[str]:
    """The step or column of a document that was meant. Each part is held against its own kind: what
    comes before it would make anything look alike."""
    document = node._replace(step="", column="")
    steps = {one.step for one in named_below(whole, str(document))}
    step = node.step if node.step in steps else nearest(node.step, steps) if node.step else ""
    if step is None:  # `Dataset/iris#species`
        column = nearest(node.step, _columns(whole, document)) if not node.column else None
        return {str(document._replace(column=column))} if column else set()
    there = document._replace(step=step)
    if not node.column:
        return {str(there)} if step != node.step else set()
    if column := nearest(node.column, _columns(whole, there)):
        return {str(there._replace(column=column))}
    if not step and (meant := nearest(node.column, steps)):  # `Pipeline/iris-training:train`
        return {str(document._replace(step=meant))}
    if not step:  # a column of its steps
        nodes = whole.lineage.nodes
        return {str(n) for n in nodes if n.ref == node.ref and n.column == node.column}
    return {str(there)} if step != node.step else set()


def _columns(whole: Mapped, node: Node) -> set[str]:
    return {one.column for one in named_below(whole, f"{node}:")}


def _near(whole: Mapped, text: str, node: Node | None) -> set[str]:
    """What may have been meant: something of the document if there is one, else a document."""
    if node is not None and node.ref in whole.project.specs:
        alike = named_below(whole, text)
        step = node._replace(column="")
        return set(map(str, alike)) or {str(step if first(whole, step) else node.ref)}
    return {str(ref) for ref in whole.project.specs if ref.kind != "Project"}


def _named(whole: Mapped, word: str) -> set[str]:
    """All that bears this name: documents, else steps and groups, else columns; else the documents
    whose name is the closest. Of a document, what follows its name is kept where there is such a
    step or column."""
    name = _NAME.match(word)
    if name is None:
        return set()
    refs = [ref for ref in whole.project.specs if ref.kind != "Project"]
    nodes = whole.lineage.nodes
    if not any(ref.name == name.group() for ref in refs):
        if steps := {str(n) for n in nodes if n.step == word and not n.column}:
            return steps
        if columns := {str(n) for n in nodes if n.column == word and not n.step}:
            return columns
    close = nearest(name.group(), {ref.name for ref in refs})
    found = set()
    for ref in refs:
        if ref.name == close:
            node = parse_node(f"{ref}{word[name.end() :]}")
            if node is None or first(whole, node):
                found.add(str(node or ref))
            else:
                found |= _inside(whole, node) or {str(ref)}
    return found
