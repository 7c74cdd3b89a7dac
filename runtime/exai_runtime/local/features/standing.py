"""Which of the feature repositories that were applied stands in the environment's folder.

There is room for one. After the Project was renamed, and until what was there before is deleted,
the control plane knows two: the one that was made last is written out.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.build import Live
from exai_compiler.changes import ObjectId
from exai_runtime.local.features.execute import REPOSITORY_KIND


def standing_repository(objects: Mapping[ObjectId, Live]) -> Live | None:
    """The newest of them, or None."""
    found = [live for which, live in objects.items() if which.kind == REPOSITORY_KIND]
    return max(found, key=lambda live: live.sequence, default=None)
