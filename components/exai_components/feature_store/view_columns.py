"""The columns of a feature view by what they are for.

In: a Feast view. Out: its keys, timestamps and features by name. Never reads a row.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a view: what identifies a row, when it was true and written, what it says."""

    keys: tuple[str, ...]
    timestamp: str
    created: str
    features: tuple[str, ...]

    @property
    def identity(self) -> tuple[str, ...]:
        """What no two rows may share."""
        created = (self.created,) if self.created else ()
        return tuple(dict.fromkeys((*self.keys, self.timestamp, *created)))

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.identity, *self.features)))


def columns_of(view: Any) -> Columns:
    """The columns of a Feast view that has a batch source."""
    source = view.batch_source
    return Columns(
        keys=tuple(view.join_keys),
        timestamp=source.timestamp_field,
        created=source.created_timestamp_column or "",
        features=tuple(field.name for field in view.features),
    )
