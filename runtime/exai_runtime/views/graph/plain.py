"""A picture as one JSON document: documents, steps and edges; with columns, those too.

Its schema is `schemas/output/graph-json.json`.
"""

from __future__ import annotations

import json

from exai_compiler.boxes import Box
from exai_compiler.nodes import Described
from exai_compiler.picture import Picture
from exai_runtime.views.json.lineage import edge, happened, node
from exai_runtime.views.json.values import Plain, span

VERSION = "exai.dev/graph/v1"


def as_json(picture: Picture, columns: bool) -> str:
    found = {
        "version": VERSION,
        "project": picture.project,
        "environment": picture.environment or None,
        "nodes": [
            *(_node(picture, told) for told in (*picture.nodes, *picture.groups)),
            *(
                _node(picture, column)
                for mine in (picture.columns.values() if columns else ())
                for column in mine
            ),
        ],
        "boxes": [_box(box) for box in picture.boxes],
        "edges": [edge(one) for one in (*picture.edges, *(picture.traces if columns else ()))],
    }
    return json.dumps(found, indent=2) + "\n"


def _node(picture: Picture, told: Described) -> Plain:
    facts = happened(picture.facts.get(told.node, ()))
    around = picture.within.get(told.node)
    inside = str(around) if around is not None else None
    return node(told.node, {told.node: told}) | {"inside": inside, "happened": facts}


def _box(box: Box) -> Plain:
    return {
        "node": str(box.told.node),
        "inside": str(box.inside),
        "what": box.told.what,
        "at": span(box.told.at),
    }
