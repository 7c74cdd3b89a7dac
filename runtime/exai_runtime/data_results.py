"""What the commands about data come to, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping

from exai_specs.diagnostics import Diagnostic, has_errors
from exai_specs.frozen import Json, empty
from exai_specs.values import field, frozen


@frozen
class ColumnFigures:
    """One column of a preview.

    `declared` is its type in the spec (empty: nobody declared it, and nothing of it was read),
    `found` its type in the data (empty: the data doesn't say, or it isn't `there`), `source` its
    name there. `fits` says whether values of the found type can become the declared one. `distinct`
    is counted up to a bound; `more` says that there are more. `least` and `most` are None where
    there is no range, or where it is `masked`.
    """

    name: str
    declared: str
    found: str
    source: str = ""
    there: bool = True
    fits: bool = True
    masked: bool = False
    nulls: int = 0
    distinct: int = 0
    more: bool = False
    least: Json = None
    most: Json = None


@frozen
class Preview:
    """A dataset as it is: `rows` is how many there are, `sample` the first of them, cell by cell in
    the order of the columns that are there and declared. `where` names the source.
    """

    dataset: str
    environment: str
    where: str
    rows: int
    columns: tuple[ColumnFigures, ...]
    sample: tuple[tuple[Json, ...], ...]
    seconds: float
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str] = field(default_factory=empty)

    @property
    def shown(self) -> tuple[ColumnFigures, ...]:
        """The columns of `sample`."""
        return tuple(column for column in self.columns if column.declared and column.there)

    @property
    def exit_code(self) -> int:
        return int(has_errors(self.diagnostics))
