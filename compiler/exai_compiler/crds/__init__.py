"""What the CustomResourceDefinitions of rendered kinds say, as tables that exai ships.

`tables` has one JSON file a kind, made by `tests/unit/compiler/test_crd_tables.py` with
UPDATE_GOLDEN=1 from the CRDs, and of Kubernetes' own kinds from its Python client's models; each
names its source and licence (Apache-2.0). Loaded only when a patch or a manifest needs one.
"""

from __future__ import annotations

from exai_compiler.crds.problems import CrdProblem, problems
from exai_compiler.crds.table import (
    KINDS,
    OLDER,
    OTHERS,
    PARTS,
    Crd,
    Node,
    crd,
    is_known,
    is_namespaced,
    table_name,
)

__all__ = [
    "KINDS",
    "OLDER",
    "OTHERS",
    "PARTS",
    "Crd",
    "CrdProblem",
    "Node",
    "crd",
    "is_known",
    "is_namespaced",
    "problems",
    "table_name",
]
