"""What a validation comes to, as a frozen value.

Apart from the other results, so that a check with nothing to do waits for none of what they import.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_specs.diagnostics import Diagnostic, has_errors
from exai_specs.values import frozen

Sources = Mapping[str, str]
"""The text of each file, by its path as spans name it: what an excerpt is made of."""


@frozen
class Validated:
    """`counts` maps a kind to the number of its documents; `project` is the project's name, None
    if no document is one."""

    project: str | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Sources
    counts: Mapping[str, int]

    @property
    def exit_code(self) -> int:
        return int(has_errors(self.diagnostics))
