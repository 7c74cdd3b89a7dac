"""The lineage of a node as two trees: what it comes from, and what hangs on it.

A line has a node and, at its end, the place that makes the edge. What has a subtree already is
named again without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from exai_compiler.edges import Edge, Node
from exai_compiler.lineage import Way
from exai_compiler.picture import Fact
from exai_runtime.lineage_results import Drawn, Traced
from exai_runtime.views.human.paint import Paint, pad, printable, width
from exai_runtime.views.human.words import count
from exai_specs.diagnostics import Span

_WIDEST = 76  # places stand in a column no further right than this
_COLUMNS = 6  # named on one line
_TITLES: Mapping[Way, str] = {"up": "comes from", "down": "leads to"}
_NONE: Mapping[Way, str] = {"up": "comes from nothing here", "down": "leads to nothing here"}

# A line: what it says, without and with colour, and the places of its edges.
Line = tuple[str, str, tuple[Span, ...]]
Links = Mapping[Node, Mapping[Node, Sequence[Span]]]


def lines(found: Traced, paint: Paint) -> Iterator[str]:
    told = found.described.get(found.node)
    yield paint.bold(str(found.node)) + (f"  {paint.dim(_where(told.at, paint))}" if told else "")
    if told is not None:
        what = f"{told.what} in {told.unit}" if told.unit else told.what
        about = " · ".join(filter(None, (what, told.description)))
        yield from [paint.dim(printable(about))] if about else []
    yield from (_fact(fact, paint) for fact in found.facts.get(found.node, ()))
    for way in found.ways:
        yield ""
        tree = list(_tree(found, way, paint))
        yield _TITLES[way] if tree else paint.dim(_NONE[way])
        yield from _aligned(tree, paint)
    yield from _happened(found, paint)


def drawn(found: Drawn) -> Iterator[str]:
    """The text itself, or where it is."""
    if found.file:
        shown = count(found.nodes, "document or step", "documents and steps")
        yield f"wrote {found.file}: {shown}, {count(found.edges, 'edge')}"
    else:
        yield from found.text.removesuffix("\n").split("\n")


def _happened(found: Traced, paint: Paint) -> Iterator[str]:
    """What happened to each of the others, in the order of the trees."""
    told = [node for node in found.part.nodes if node != found.node and node in found.facts]
    whole = {node._replace(step="", column="") for node in found.part.nodes if node.step}
    told += sorted(node for node in whole if node in found.facts and node not in told)
    if found.environment:
        yield ""
        yield f"happened in {found.environment}" + ("" if told else ": nothing")
    for node in told:
        yield str(node)
        yield from (f"  {_fact(fact, paint)}" for fact in found.facts[node])


def _fact(fact: Fact, paint: Paint) -> str:
    value = printable(fact.value)
    match fact.state:
        case "good":
            value = paint.green(value)
        case "bad":
            value = paint.red(value)
        case "waiting":
            value = paint.yellow(value)
    return f"{paint.dim(printable(fact.name))} {value}"


def _tree(found: Traced, way: Way, paint: Paint) -> Iterator[Line]:
    rings = found.part.above if way == "up" else found.part.below
    reached = tuple(chain.from_iterable(rings))
    among = {*found.part.starts, *reached}
    links = _links(found, way, among)
    columns = _columns(found, reached)
    yield from _below(found.node, "", links, columns, {found.node}, paint)


def _below(
    node: Node,
    indent: str,
    links: Links,
    columns: Mapping[Node, list[str]],
    seen: set[Node],
    paint: Paint,
) -> Iterator[Line]:
    """The lines under a node. As deep as the specs are: an explicit stack holds any depth."""
    stack = [(node, indent, iter(list(links.get(node, {}).items())), len(links.get(node, {})))]
    while stack:
        node, indent, children, left = stack.pop()
        following = next(children, None)
        if following is None:
            continue
        child, places = following
        stack.append((node, indent, children, left - 1))
        again = child in seen and bool(links.get(child))
        branch = indent + ("└─ " if left == 1 else "├─ ")
        more = _listed(columns.get(child, []))
        name = _short(child, node)
        note = " (above)" if again else ""
        shown = f"{paint.dim(branch)}{name}{paint.cyan(more)}{paint.dim(note)}"
        yield f"{branch}{name}{more}{note}", shown, tuple(places)
        if child not in seen:
            seen.add(child)
            under = links.get(child, {})
            deeper = indent + ("   " if left == 1 else "│  ")
            stack.append((child, deeper, iter(list(under.items())), len(under)))


def _short(node: Node, under: Node) -> str:
    """Below a step of the same pipeline a step goes without the pipeline's name."""
    text = str(node)
    return text[text.index("#") :] if under.step and node[:2] == under[:2] else text


def _links(found: Traced, way: Way, among: set[Node]) -> Links:
    """What comes next to each node, with the places that say so.

    A pipeline as a whole is left out, except as the start, and what the start calls: its steps have
    the same edges. Columns of documents and steps are written beside them, unless a column is what
    was asked for.
    """
    links: dict[Node, dict[Node, list[Span]]] = {}
    boxed = found.node not in found.part.starts  # a group of steps: they stand for it
    for edge in found.part.edges:
        if edge.source not in among or edge.target not in among:
            continue
        if _repeats(edge, found.node, way):
            continue
        ends = (edge.target, edge.source) if way == "up" else (edge.source, edge.target)
        if boxed and ends[0] in found.part.starts:
            if ends[1] in found.part.starts:
                continue
            ends = (found.node, ends[1])
        places = links.setdefault(ends[0], {}).setdefault(ends[1], [])
        at = edge.at
        if all((at.path, at.line) != (one.path, one.line) for one in places):
            places.append(at)
    return links


def _repeats(edge: Edge, start: Node, way: Way) -> bool:
    whole = any(_is_pipeline(node) and node != start for node in edge[:2])
    if way == "up" and _is_pipeline(start) and _is_pipeline(edge.target):
        whole = False  # what is called, and what that comes from: no way up leads to its steps
    return whole or (not start.column and bool(edge.source.column or edge.target.column))


def _is_pipeline(node: Node) -> bool:
    return node.kind == "Pipeline" and node.is_document


def _columns(found: Traced, nodes: Sequence[Node]) -> Mapping[Node, list[str]]:
    """The columns of each document and step that were reached, if a start is none."""
    columns: dict[Node, list[str]] = {}
    if not found.node.column:
        for node in nodes:
            if node.column:
                columns.setdefault(node._replace(column=""), []).append(node.column)
    return columns


def _listed(columns: Sequence[str]) -> str:
    if not columns:
        return ""
    more = len(columns) - _COLUMNS
    rest = f", and {count(more, 'more', 'more')}" if more > 0 else ""
    return f": {', '.join(columns[:_COLUMNS])}{rest}"


def _aligned(tree: Sequence[Line], paint: Paint) -> Iterator[str]:
    """The places under each other."""
    widest = min(max((width(text) for text, _, _ in tree), default=0), _WIDEST)
    for text, shown, places in tree:
        where = ", ".join(_where(at, paint) for at in places[:3]) + (
            ", ..." if len(places) > 3 else ""
        )
        fill = pad(text, widest)[len(text) :]
        yield f"{shown}{fill}  {paint.dim(where)}"


def _where(at: Span, paint: Paint) -> str:
    return f"{paint.path(at.path)}:{at.line}"
