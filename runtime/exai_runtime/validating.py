"""`validate`: every problem of every document of a folder.

Opens no target, runs nothing, writes nothing but the cache.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from types import MappingProxyType

from exai_runtime.collector import collector_off
from exai_runtime.rechecking import recheck
from exai_runtime.validated import Validated
from exai_specs.diagnostics import in_order, raised


def validate(root: Path, strict: bool = False, error_on: Collection[str] = ()) -> Validated:
    """With `strict` warnings are errors, and so is what has a code of `error_on`."""
    with collector_off():
        found = recheck(root)
    return Validated(
        project=found.project,
        diagnostics=in_order(raised(found.diagnostics, strict, error_on)),
        sources=found.sources,
        counts=MappingProxyType(dict(sorted(found.counts.items()))),
    )
