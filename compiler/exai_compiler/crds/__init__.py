"""What the CustomResourceDefinitions of rendered kinds say, as tables that exai ships.

`tables` has one JSON file a kind, made by `tests/unit/compiler/test_crd_tables.py` with
UPDATE_GOLDEN=1 from the CRDs; each names its source and licence (Apache-2.0). Loaded only when a
patch or a manifest needs one.
"""

from __future__ import annotations

from exai_compiler.crds.problems import CrdProblem, problems
from exai_compiler.crds.table import KINDS, OLDER, PARTS, Crd, Node, crd, table_name

__all__ = [
    "KINDS",
    "OLDER",
    "PARTS",
    "Crd",
    "CrdProblem",
    "Node",
    "crd",
    "problems",
    "table_name",
]
