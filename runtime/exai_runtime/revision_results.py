"""What a comparison with another revision comes to. Views print it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from exai_specs.diagnostics import Diagnostic, has_errors
from exai_specs.frozen import empty
from exai_specs.values import field, frozen

if TYPE_CHECKING:  # every command knows its result; only this one needs what makes it
    from exai_compiler.revisions import Comparison


@frozen
class Against:
    """`revision` is what was asked for, `commit` what it means, "" for a saved build. `comparison`
    is None when the other side can't be compared with. `news` are the warnings among the
    `diagnostics` that the other revision hasn't, `known` those that it has, too."""

    revision: str
    commit: str
    environment: str
    comparison: Comparison | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str] = field(default_factory=empty)
    news: tuple[Diagnostic, ...] = ()
    known: tuple[Diagnostic, ...] = ()

    @property
    def told(self) -> tuple[Diagnostic, ...]:
        """What a reader needs in full: all but what was there before."""
        known = frozenset(self.known)
        return tuple(each for each in self.diagnostics if each not in known)

    @property
    def exit_code(self) -> int:
        compiled = self.comparison is not None and self.comparison.plan is not None
        return int(not compiled or has_errors(self.diagnostics))
