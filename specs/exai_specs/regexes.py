"""Regular expressions, each compiled when it is first used.

In: what `re.compile` takes. Out: what it gives. A command imports sixty of them and uses a few;
to compile one takes as long as to import a module.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Regex:
    """Stands for a compiled one; of it each method is kept that was asked for."""

    def __init__(self, form: str, flags: int) -> None:
        self.pattern, self.flags = form, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self.flags), name)
        setattr(self, name, found)
        return found


def regex(form: str, flags: int = 0) -> re.Pattern[str]:
    """`re.compile`, put off. Its methods and `pattern` alone are to be used: `re.sub` takes no such
    value."""
    return cast(re.Pattern[str], _Regex(form, flags))
