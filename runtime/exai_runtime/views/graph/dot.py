"""A picture in Graphviz' DOT language: `dot -Tsvg graph.dot`.

In: a `Picture`. Out: text. Labels are quoted strings, or HTML-like tables with a port a column;
in both nothing of the specs is syntax.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from exai_compiler.edges import Edge, Node
from exai_compiler.nodes import Described
from exai_compiler.picture import Picture
from exai_runtime.views.graph.naming import fact_text, identifier, one_line, subtitle, title
from exai_runtime.views.graph.nesting import nested

_SHAPES = {
    "Dataset": "cylinder",
    "Entity": "parallelogram",
    "FeatureView": "component",
    "FeatureService": "hexagon",
    "Pipeline": "box",
    "Tuning": "component",
    "Model": "ellipse",
    "Runtime": "box3d",
    "Service": "cds",
    "LLMService": "cds",
    "Graph": "diamond",
    "Notebook": "note",
}
_TABLE = '<table border="0" cellborder="1" cellspacing="0" cellpadding="4">'


def dot(picture: Picture, columns: bool) -> str:
    return "\n".join(_lines(picture, columns)) + "\n"


def _lines(picture: Picture, columns: bool) -> Iterator[str]:
    yield f"digraph {_quoted(picture.project)} {{"
    yield "  rankdir=LR;"
    yield '  node [fontname="sans-serif", shape=box];'
    inside = nested(picture)
    for told in picture.nodes:
        if not told.node.step:
            yield f"  {_node(picture, told, columns)}"
    for group in picture.groups:
        # Graphviz draws a box around a subgraph whose name begins so.
        yield f"  subgraph cluster_{identifier(group.node)} {{"
        yield f"    label={_quoted(*_words(picture, group))};"
        for turn, told, depth in inside[group.node[:2]]:
            indent = "  " * (depth + 2)
            match turn:
                case "open":
                    yield f"{indent}subgraph cluster_{identifier(told.node)} {{"
                    yield f"{indent}  label={_quoted(*_words(picture, told))};"
                case "close":
                    yield f"{indent}}}"
                case "node":
                    yield f"{indent}{_node(picture, told, columns)}"
        yield "  }"
    traces = picture.traces if columns else ()
    yield from dict.fromkeys(_arrow(edge) for edge in (*picture.edges, *traces))
    yield "}"


def _node(picture: Picture, told: Described, columns: bool) -> str:
    name, words = identifier(told.node), _words(picture, told)
    tooltip = f", tooltip={_quoted(f'{told.at.path}:{told.at.line}', told.description)}"
    mine = picture.columns.get(told.node, ()) if columns else ()
    if not mine:
        shape = _SHAPES.get(told.node.kind, "box")
        return f"{name} [label={_quoted(*words)}, shape={shape}{tooltip}];"
    head = f'<tr><td bgcolor="#e8e8e8">{"<br/>".join(map(_html, words))}</td></tr>'
    rows = "".join(
        f'<tr><td port="{identifier(node)}" align="left">{_html(node.column)}</td></tr>'
        for node in (column.node for column in mine)
    )
    return f"{name} [label=<{_TABLE}{head}{rows}</table>>, shape=plain{tooltip}];"


def _arrow(edge: Edge) -> str:
    return f"  {_end(edge.source)} -> {_end(edge.target)};"


def _end(node: Node) -> str:
    owner = identifier(node._replace(column=""))
    return f"{owner}:{identifier(node)}" if node.column else owner


def _words(picture: Picture, told: Described) -> tuple[str, ...]:
    facts = [fact_text(fact) for fact in picture.facts.get(told.node, ())]
    return tuple(word for word in (title(told.node), subtitle(told), *facts) if word)


def _quoted(*words: str) -> str:
    """A string of several lines. Graphviz reads `\\N` and `&amp;` in labels: both are escaped."""
    lines = [
        one_line(word).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
        for word in words
        if word
    ]
    return '"' + "\\n".join(lines) + '"'


def _html(text: str) -> str:
    return escape(one_line(text)) or " "
