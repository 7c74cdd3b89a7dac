"""What every answer of a command holds besides its own: diagnostics, the texts that they point
into, and an exit code that follows from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from exai_specs.diagnostics import Diagnostic, has_errors
from exai_specs.frozen import empty
from exai_specs.values import field, frozen

if TYPE_CHECKING:
    from dataclasses import KW_ONLY


@frozen
class Answered:
    """`sources` maps a path to the text that a place in it is shown from."""

    _: KW_ONLY
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=empty)

    @property
    def exit_code(self) -> int:
        return int(has_errors(self.diagnostics))
