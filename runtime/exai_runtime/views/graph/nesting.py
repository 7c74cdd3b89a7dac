"""What is in a pipeline's box, in the order in which a text opens and closes it: steps and further
boxes, at any depth.

In: a picture, one of its groups. Out: turns, each with how deep it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from exai_compiler.edges import Node
from exai_compiler.nodes import Described
from exai_compiler.picture import Picture

Turn = tuple[Literal["node", "open", "close"], Described, int]


def nested(picture: Picture) -> dict[tuple[str, str], list[Turn]]:
    """The turns of each group, by its kind and name."""
    inside: dict[Node, list[tuple[Described, bool]]] = {}
    for box in picture.boxes:
        inside.setdefault(box.inside, []).append((box.told, True))
    for told in picture.nodes:
        if told.node.step:
            around = picture.within.get(told.node, told.node._replace(step=""))
            inside.setdefault(around, []).append((told, False))
    return {group.node[:2]: list(_turns(inside, group.node, 0)) for group in picture.groups}


def _turns(
    inside: dict[Node, list[tuple[Described, bool]]], of: Node, depth: int
) -> Iterator[Turn]:
    for told, is_box in inside.get(of, ()):
        if is_box:
            yield "open", told, depth
            yield from _turns(inside, told.node, depth + 1)
            yield "close", told, depth
        else:
            yield "node", told, depth
