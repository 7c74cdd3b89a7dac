"""Which rows go into the test part: scikit-learn's `train_test_split`.

In: a number of rows or the stratum of each row, a fraction, a seed. Out: sorted row numbers.
scikit-learn rounds the test part up, and wants two rows of every stratum; both are checked first,
so that what can't be split is said in the words of the spec.
Never depends on anything but its arguments.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exai_components.outcome import StepFailure


@dataclass(frozen=True, slots=True)
class Parts:
    """Row numbers of the two parts, ascending; together they are all rows."""

    train: Any
    test: Any


def split_rows(rows: int, fraction: float, seed: int) -> Parts:
    """A plain random split."""
    _check_sizes(rows, fraction)
    return _parts(rows, fraction, seed)


def split_strata(codes: Any, names: Sequence[str], fraction: float, seed: int, by: str) -> Parts:
    """A split that keeps the shares of the strata; `codes` index `names`, one for each row."""
    import numpy as np

    rows = len(codes)
    test, train = _check_sizes(rows, fraction)
    counts = np.bincount(codes, minlength=len(names))
    if int(counts.min()) < 2:
        small = [
            f"{name} ({count})" for name, count in zip(names, counts, strict=True) if count < 2
        ]
        raise StepFailure(
            "too-few-rows",
            f'Can\'t stratify by "{by}": too few rows of {", ".join(small[:10])}',
            "Every value needs 2 rows: bring more, or split without stratify",
        )
    for part, size in (("test", test), ("train", train)):
        if size < len(names):
            raise StepFailure(
                "too-few-rows",
                f'Can\'t stratify by "{by}": it has {len(names)} values, '
                f"the {part} part of {rows} rows only {size} rows",
                "Bring more rows, another fraction, or split without stratify",
            )
    return _parts(rows, fraction, seed, codes)


def missing_strata(codes: Any, names: Sequence[str], part: Any) -> tuple[str, ...]:
    """The strata so small that their share of a part was rounded to no row at all."""
    import numpy as np

    counts = np.bincount(codes[part], minlength=len(names))
    return tuple(name for name, count in zip(names, counts, strict=True) if not count)


def _check_sizes(rows: int, fraction: float) -> tuple[int, int]:
    """Rows of the test and of the train part, as scikit-learn counts them."""
    if not 0 < fraction < 1:
        raise StepFailure(
            "fraction-out-of-range",
            f"test is {fraction}, which is no fraction between 0 and 1",
            "Write test: 0.2 for a fifth of the rows",
        )
    test = math.ceil(rows * fraction)
    if rows < 2 or test >= rows:
        raise StepFailure(
            "too-few-rows",
            f"{rows} rows can't be split into {fraction} for test and the rest for training",
            "Both parts need a row: bring more rows, or another fraction",
        )
    return test, rows - test


def _parts(rows: int, fraction: float, seed: int, codes: Any = None) -> Parts:
    import numpy as np

    from exai_components.light_imports import import_sklearn

    if not 0 <= seed < 2**32:
        raise StepFailure(
            "seed-out-of-range",
            f"seed is {seed}, it must be from 0 to {2**32 - 1}",
            "Write a whole number in that range",
        )
    import_sklearn("sklearn.model_selection")
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(
        np.arange(rows), test_size=fraction, random_state=seed, stratify=codes
    )
    return Parts(train=np.sort(train), test=np.sort(test))
