"""split-data: which rows go where."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exai_components.outcome import StepFailure
from exai_components.split_data.component import choose_rows
from exai_components.split_data.rows import split_rows, split_strata


def table(kinds: Sequence[str | None]) -> pa.Table:
    return pa.table({"id": list(range(len(kinds))), "kind": pa.array(kinds, pa.string())})


def refusal(data: pa.Table, fraction: float, stratify: str = "", seed: int = 0) -> str:
    with pytest.raises(StepFailure) as caught:
        choose_rows(data, fraction, stratify, seed)
    assert caught.value.outcome.final
    return f"{caught.value.outcome.code} {caught.value.outcome.line()}"


@given(st.integers(2, 400), st.floats(0.01, 0.99), st.integers(0, 2**32 - 1))
def test_all_rows_once_and_the_same_again(rows: int, fraction: float, seed: int) -> None:
    try:
        parts = split_rows(rows, fraction, seed)
    except StepFailure as failure:
        assert failure.outcome.code == "too-few-rows"
        return
    assert sorted([*parts.train, *parts.test]) == list(range(rows))
    assert list(parts.train) == sorted(parts.train)
    assert len(parts.test) == int(np.ceil(rows * fraction))
    again = split_rows(rows, fraction, seed)
    assert list(again.test) == list(parts.test)


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=8),
    st.floats(0.02, 0.98),
    st.integers(0, 1000),
)
def test_strata_keep_their_shares(counts: list[int], fraction: float, seed: int) -> None:
    codes = np.repeat(np.arange(len(counts)), counts)
    names = [str(code) for code in range(len(counts))]
    try:
        parts = split_strata(codes, names, fraction, seed, "kind")
    except StepFailure as failure:
        assert failure.outcome.code == "too-few-rows"
        return
    assert sorted([*parts.train, *parts.test]) == list(range(len(codes)))
    rows = len(codes)
    assert len(parts.test) == int(np.ceil(rows * fraction))
    tested = np.bincount(codes[parts.test], minlength=len(counts))
    for count, share in zip(counts, tested, strict=True):
        assert abs(share - count * len(parts.test) / rows) < 1 + 1e-9


def test_iris_splits_evenly() -> None:
    data = table(["a"] * 50 + ["b"] * 50 + ["c"] * 50)
    parts = choose_rows(data, 0.2, "kind", 42)
    kinds = data.take(parts.test).column("kind").to_pylist()
    assert {kind: kinds.count(kind) for kind in "abc"} == {"a": 10, "b": 10, "c": 10}
    assert (len(parts.train), len(parts.test)) == (120, 30)


def test_another_seed_gives_other_rows() -> None:
    data = table(["a", "b"] * 50)
    first, second = (choose_rows(data, 0.2, "kind", seed) for seed in (1, 2))
    assert list(first.test) != list(second.test)


def test_the_rows_are_those_of_always() -> None:
    """A version of scikit-learn that draws other rows for a seed would change every model."""
    data = table(["a", "b"] * 5)
    assert choose_rows(data, 0.4, "kind", 7).test.tolist() == [2, 7, 8, 9]
    assert choose_rows(data, 0.4, "", 7).test.tolist() == [0, 2, 5, 8]


def test_a_stratum_too_small_to_share_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    data = table(["a"] * 98 + ["rare"] * 2)
    tested = data.take(choose_rows(data, 0.02, "kind", 0).test).column("kind").to_pylist()
    assert tested == ["a", "a"]
    told = capsys.readouterr().err
    assert told == "exai: the test part has no row of rare: too few to share\n"


def test_a_missing_value_is_a_stratum() -> None:
    data = table(["a"] * 6 + [None] * 6)
    tested = data.take(choose_rows(data, 0.5, "kind", 0).test).column("kind").to_pylist()
    assert tested.count(None) == 3


@pytest.mark.parametrize(
    ("kinds", "fraction", "stratify", "words"),
    [
        (["a"], 0.5, "", "too-few-rows exai: 1 rows can't be split into 0.5"),
        ([], 0.5, "kind", "too-few-rows exai: 0 rows"),
        (["a", "b"], 0.9, "", "too-few-rows exai: 2 rows can't be split"),
        (["a", "a", "b"], 0.5, "kind", 'too-few-rows exai: Can\'t stratify by "kind"'),
        (["a", "a", "b", "b", "c", "c"], 0.2, "kind", "the test part of 6 rows only 2 rows"),
        (["a", "a", "b", "b", "c", "c"], 0.8, "kind", "the train part of 6 rows only 1 rows"),
        (["a", "b"], 0.5, "kin", 'missing-column exai: The data has no column "kin"'),
        (["a", "b"], 0.0, "", "fraction-out-of-range"),
        (["a", "b"], 1.0, "", "fraction-out-of-range"),
        (["a", "b"], float("nan"), "", "fraction-out-of-range"),
    ],
)
def test_what_cannot_be_split(
    kinds: list[str | None], fraction: float, stratify: str, words: str
) -> None:
    assert words in refusal(table(kinds), fraction, stratify)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range(seed: int) -> None:
    assert "seed-out-of-range" in refusal(table(["a", "b"]), 0.5, seed=seed)
