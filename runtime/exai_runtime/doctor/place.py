"""What the checks look at: a project, or none, and an environment's state folder."""

from __future__ import annotations

from pathlib import Path

from exai_runtime.local.paths import Paths
from exai_specs.values import frozen


@frozen
class Place:
    """`root` is None outside a project."""

    root: Path | None
    environment: str

    @property
    def paths(self) -> Paths:
        """Those of the project; outside one those that a project here would have."""
        return Paths((self.root or Path()).absolute(), self.environment)
