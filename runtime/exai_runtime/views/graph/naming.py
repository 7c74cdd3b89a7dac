"""Names of nodes inside a text: the same for the same node, whatever else is in the graph."""

from __future__ import annotations

from hashlib import sha256

from exai_compiler.edges import Node
from exai_compiler.nodes import Described
from exai_compiler.picture import Fact
from exai_specs.regexes import regex

_OTHER = regex(r"[^A-Za-z0-9]+")
_LONGEST = 80


def identifier(node: Node) -> str:
    """Letters, digits and `_`, from the node's name and a digest that tells `a-b` from `a_b`."""
    text = str(node)
    plain = _OTHER.sub("_", text).strip("_")[:_LONGEST]
    return f"{plain}_{sha256(text.encode()).hexdigest()[:6]}"


def title(node: Node) -> str:
    """What a node is called inside the box that it stands in."""
    return node.step or node.name


def subtitle(told: Described) -> str:
    """The component or code of a step; the kind of a document."""
    return told.what if told.node.step else told.node.kind


def fact_text(fact: Fact) -> str:
    return f"{fact.name} {fact.value}"


def one_line(text: str, longest: int = 120) -> str:
    """Text of the specs on one line, without what can't be seen, cut where it gets long."""
    line = " ".join(text.split())
    line = "".join(character for character in line if character.isprintable())
    return line if len(line) <= longest else line[: longest - 3] + "..."
