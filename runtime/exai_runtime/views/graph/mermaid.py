"""A picture as a Mermaid flowchart, as GitHub and GitLab draw it in Markdown.

In: a `Picture`. Out: text. Every label stands in quotes, and whatever isn't a letter, a digit or
harmless is written as Mermaid's entity code (`#34;`): nothing of the specs is syntax or HTML.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.edges import Node
from exai_compiler.nodes import Described
from exai_compiler.picture import Picture
from exai_runtime.views.graph.naming import fact_text, identifier, one_line, subtitle, title
from exai_runtime.views.graph.nesting import nested

# What opens and closes a node of each kind: mermaid.js.org/syntax/flowchart.html#node-shapes
_SHAPES = {
    "Dataset": ("[(", ")]"),
    "Entity": ("[/", "/]"),
    "FeatureView": ("[[", "]]"),
    "FeatureService": ("{{", "}}"),
    "Pipeline": ("[", "]"),
    "Tuning": ("[", "]"),
    "Model": ("([", "])"),
    "Runtime": ("[", "]"),
    "Service": (">", "]"),
    "LLMService": (">", "]"),
    "Graph": ("{", "}"),
    "Notebook": ("[", "]"),
}
_PLAIN = ("[", "]")
# Between two nodes; no label has one, for `>` is written as its code.
ARROW = " --> "
_HARMLESS = frozenset(" _-./:@,()+=")


def mermaid(picture: Picture, columns: bool) -> str:
    return "\n".join(_lines(picture, columns)) + "\n"


def _lines(picture: Picture, columns: bool) -> Iterator[str]:
    yield "flowchart LR"
    inside = nested(picture)
    for told in picture.nodes:
        if not told.node.step:
            yield from _node(picture, told, columns, "  ")
    for group in picture.groups:
        yield f'  subgraph {identifier(group.node)}["{_label(picture, group)}"]'
        for turn, told, depth in inside[group.node[:2]]:
            indent = "  " * (depth + 2)
            match turn:
                case "open":
                    yield f'{indent}subgraph {identifier(told.node)}["{_label(picture, told)}"]'
                case "close":
                    yield f"{indent}end"
                case "node":
                    yield from _node(picture, told, columns, indent)
        yield "  end"
    for line in dict.fromkeys(_arrow(e.source, e.target) for e in picture.edges):
        yield line
    if columns:
        for line in dict.fromkeys(_arrow(e.source, e.target) for e in picture.traces):
            yield line


def _node(picture: Picture, told: Described, columns: bool, indent: str) -> Iterator[str]:
    """A node; one with columns is a box around them."""
    name, mine = identifier(told.node), picture.columns.get(told.node, ()) if columns else ()
    if mine:
        yield f'{indent}subgraph {name}["{_label(picture, told)}"]'
        for column in mine:
            yield f'{indent}  {identifier(column.node)}["{_text(column.node.column)}"]'
        yield f"{indent}end"
    else:
        before, after = _SHAPES.get(told.node.kind, _PLAIN)
        yield f'{indent}{name}{before}"{_label(picture, told)}"{after}'


def _label(picture: Picture, told: Described) -> str:
    facts = [fact_text(fact) for fact in picture.facts.get(told.node, ())]
    return "<br/>".join(_text(line) for line in (title(told.node), subtitle(told), *facts) if line)


def _arrow(source: Node, target: Node) -> str:
    return f"  {identifier(source)}{ARROW}{identifier(target)}"


def _text(text: str) -> str:
    return "".join(
        character if character.isalnum() or character in _HARMLESS else f"#{ord(character)};"
        for character in one_line(text)
    )
