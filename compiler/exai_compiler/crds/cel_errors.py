"""How a rule in CEL has no answer (see `cel`): one that can't be told here, or one that nobody has.

In: errors. Out: the one that counts. Judges no value.
"""

from __future__ import annotations

from collections.abc import Sequence


class CelError(Exception):
    """It can't be told whether a rule holds, or it can't be read."""


class CelFault(CelError):
    """A rule ends in this error for the API server, too, which refuses the object then."""


def weightier(errors: Sequence[CelError]) -> CelError:
    """Of errors beside each other: what can't be told here might decide, were it known."""
    return min(errors, key=lambda each: isinstance(each, CelFault))
