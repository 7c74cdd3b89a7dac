"""evaluate-model's metrics, against values computed by hand."""

import math
import warnings
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exai_components.evaluate_model.component import _answered
from exai_components.evaluate_model.metrics import ScoredClasses, ScoredNumbers, measured
from exai_components.outcome import StepFailure


@pytest.fixture(autouse=True)
def quiet() -> object:
    """What scikit-learn warns of must not be asked of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def scored(labels: str, predictions: str, rows: list[list[float]], classes: str) -> ScoredClasses:
    return ScoredClasses(
        tuple(labels.split()),
        tuple(predictions.split()),
        tuple(tuple(row) for row in rows),
        tuple(classes.split()),
    )


def test_three_classes() -> None:
    rows = [[0.8, 0.1, 0.1], [0.25, 0.5, 0.25], [0.25, 0.5, 0.25], [0.2, 0.6, 0.2]]
    found = measured(scored("a a b c", "a b b b", rows, "a b c"))
    assert found == {
        "accuracy": 0.5,
        "logloss": pytest.approx(-math.log(0.8 * 0.25 * 0.5 * 0.2) / 4),
        "f1": pytest.approx((2 / 3 + 1 / 2 + 0) / 3),
        "precision": pytest.approx((1 + 1 / 3 + 0) / 3),
        "recall": pytest.approx((1 / 2 + 1 + 0) / 3),
    }
    # The classes in the model's own order, which need not be the alphabet's.
    turned = [[c, a, b] for a, b, c in rows]
    assert measured(scored("a a b c", "a b b b", turned, "c a b")) == pytest.approx(found)


def test_two_classes_the_second_of_which_counts() -> None:
    rows = [[0.1, 0.9], [0.4, 0.6], [0.4, 0.6], [0.8, 0.2]]
    assert measured(scored("yes no yes no", "yes yes yes no", rows, "no yes")) == {
        "accuracy": 0.75,
        "logloss": pytest.approx(-math.log(0.9 * 0.4 * 0.6 * 0.8) / 4),
        "f1": pytest.approx(0.8),
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(1.0),
        "auc": pytest.approx(3.5 / 4),  # one tie among four pairs
    }
    turned = [[yes, no] for no, yes in rows]
    found = measured(scored("yes no yes no", "yes yes yes no", turned, "yes no"))
    assert found["f1"] == pytest.approx(2 / 3)
    assert found["auc"] == pytest.approx(3.5 / 4)


def test_one_class_among_the_rows_has_no_auc() -> None:
    found = measured(scored("no no", "no no", [[0.8, 0.2], [0.5, 0.5]], "no yes"))
    logloss = pytest.approx(-math.log(0.8 * 0.5) / 2)
    nought = dict.fromkeys(("f1", "precision", "recall"), 0.0)
    assert found == {"accuracy": 1.0, "logloss": logloss, **nought}


@pytest.mark.parametrize("new", ["new", "0"])
def test_a_label_unknown_to_the_model_is_wrong(new: str) -> None:
    found = measured(scored(f"a {new}", "a b", [[0.9, 0.1], [0.2, 0.8]], "a b"))
    assert found == {
        "accuracy": 0.5,
        "logloss": pytest.approx(-math.log(0.9 * 2**-52) / 2),
        **dict.fromkeys(("f1", "precision", "recall"), 0.0),
    }


def test_a_classifier_without_probabilities() -> None:
    plain = scored("a b", "a b", [[1, 0], [0, 1]], "a b")
    found = measured(replace(plain, probabilities=None))
    assert found == dict.fromkeys(("accuracy", "f1", "precision", "recall"), 1.0)


def test_numbers() -> None:
    assert measured(ScoredNumbers((1.0, 2.0, 4.0), (2.0, 2.0, 2.0))) == {
        "rmse": pytest.approx(math.sqrt(5 / 3)),
        "mae": pytest.approx(1.0),
        "r2": pytest.approx(-1 / 14),
    }


@pytest.mark.parametrize("values", [(1.0, 1.0), (1.0,)])
def test_a_constant_has_no_r2(values: tuple[float, ...]) -> None:
    found = measured(ScoredNumbers(values, tuple(value + 2 for value in values)))
    assert found == {"rmse": pytest.approx(2.0), "mae": pytest.approx(2.0)}


def test_rows_without_an_answer_do_not_count(tmp_path: Path) -> None:
    path = str(tmp_path / "rows.parquet")
    pq.write_table(pa.table({"y": [1.0, None, math.nan], "z": ["a", None, "b"]}), path)
    assert _answered(path, "y").column("y").to_pylist() == [1.0]
    assert _answered(path, "z").column("z").to_pylist() == ["a", "b"]
    pq.write_table(pa.table({"y": pa.nulls(2, pa.float64())}), path)
    with pytest.raises(StepFailure, match="no row with a value"):
        _answered(path, "y")
