"""Which rows go into the test part.

In: a number of rows or the stratum of each row, a fraction, a seed. Out: sorted row numbers.
Counts follow scikit-learn's rules (the test part is rounded up; every stratum needs two rows, and
each part a row of every stratum), so that a pipeline may change sides; its import, which takes
longer than all the rest of this step, is left out.
Never depends on anything else: numpy's `RandomState` is frozen for good.
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
    test, _ = _sizes(rows, fraction)
    return _parts(rows, [_random(seed).permutation(rows)[:test]])


def split_strata(codes: Any, names: Sequence[str], fraction: float, seed: int, by: str) -> Parts:
    """A split that keeps the shares of the strata; `codes` index `names`, one for each row."""
    import numpy as np

    rows = len(codes)
    test, train = _sizes(rows, fraction)
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
    random = _random(seed)
    order = random.permutation(rows)
    shares = _shares([int(count) for count in counts], test)
    return _parts(rows, [order[codes[order] == code][:share] for code, share in enumerate(shares)])


def _shares(counts: list[int], total: int) -> list[int]:
    """`total` over the strata in proportion, largest remainders first; never all of a stratum."""
    rows = sum(counts)
    shares = [count * total // rows for count in counts]
    # The remainder of a share, exactly; equal ones in the strata's order.
    order = sorted(range(len(counts)), key=lambda at: (-(counts[at] * total % rows), at))
    for at in order[: total - sum(shares)]:
        shares[at] += 1
    # Each part gets a row of every stratum; the sizes were checked, so there is one to give.
    for at, count in enumerate(counts):
        while not 1 <= shares[at] <= count - 1:
            step = 1 if shares[at] < 1 else -1
            other = max(
                (
                    o
                    for o in range(len(counts))
                    if o != at and 1 <= shares[o] - step <= counts[o] - 1
                ),
                key=lambda o: step * shares[o] * 1.0 / counts[o],
            )
            shares[at] += step
            shares[other] -= step
    return shares


def _sizes(rows: int, fraction: float) -> tuple[int, int]:
    """Rows of the test and of the train part."""
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


def _random(seed: int) -> Any:
    import numpy as np

    if not 0 <= seed < 2**32:
        raise StepFailure("seed-out-of-range", f"seed is {seed}, it must be from 0 to {2**32 - 1}")
    return np.random.RandomState(seed)


def _parts(rows: int, test: list[Any]) -> Parts:
    import numpy as np

    chosen = np.zeros(rows, dtype=bool)
    chosen[np.concatenate(test)] = True
    return Parts(train=np.flatnonzero(~chosen), test=np.flatnonzero(chosen))
