"""What an evaluation is drawn from, by hand, and the figures: the same bytes, bounded, safe."""

import subprocess
import sys
from xml.etree import ElementTree

import pytest

from exai_components.evaluate_model import curves, figures
from exai_components.evaluate_model.metrics import ScoredClasses, ScoredNumbers


def scored(labels: str, predictions: str, classes: str, rows: list[list[float]]) -> ScoredClasses:
    shares = tuple(tuple(row) for row in rows)
    return ScoredClasses(
        tuple(labels.split()), tuple(predictions.split()), shares, tuple(classes.split())
    )


def test_a_confusion_matrix_has_the_classes_and_what_else_was_met() -> None:
    rows = [[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.2, 0.8]]
    found = curves.confusion(scored("b b new a", "b b a a", "b a", rows))
    assert found == {
        "labels": ["b", "a", "new"],
        "counts": [[2, 0, 0], [0, 1, 0], [0, 1, 0]],
        "left_out": 0,
    }


def test_many_classes_are_the_most_frequent_ones() -> None:
    names = [f"c{at:02}" for at in range(40)]
    labels = " ".join([*names, *names[20:]])
    shares = [[1 / 40] * 40] * 60
    found = curves.confusion(scored(labels, labels, " ".join(names), shares))
    assert len(found["labels"]) == curves.MOST_CLASSES
    assert set(names[20:]) <= set(found["labels"])
    assert found["left_out"] == 10


def test_roc_of_two_classes_is_one_curve() -> None:
    rows = [[0.1, 0.9], [0.4, 0.6], [0.4, 0.6], [0.8, 0.2]]
    found = curves.roc(scored("yes no yes no", "yes yes yes no", "no yes", rows))
    assert list(found) == ["yes"]
    assert found["yes"]["auc"] == pytest.approx(3.5 / 4)
    assert (found["yes"]["fpr"][0], found["yes"]["fpr"][-1]) == (0, 1)
    assert found["yes"]["tpr"] == sorted(found["yes"]["tpr"])


def test_roc_of_three_is_one_against_the_others_and_absent_classes_have_none() -> None:
    rows = [[0.8, 0.1, 0.1], [0.2, 0.6, 0.2]]
    assert set(curves.roc(scored("a b", "a b", "a b c", rows))) == {"a", "b"}
    assert curves.roc(scored("a a", "a a", "a b c", rows)) == {}


def test_many_points_are_thinned_evenly() -> None:
    numbers = tuple(float(at) for at in range(9001))
    found = curves.residuals(ScoredNumbers(numbers, numbers))
    assert len(found["residual"]) == curves.MOST_RESIDUALS
    assert (found["predicted"][0], found["predicted"][-1]) == (0.0, 9000.0)
    assert set(found["residual"]) == {0.0}


HOSTILE = "a$b_1^{x}$<script>&"


def draw() -> dict[str, str]:
    told = scored(HOSTILE + " b", HOSTILE + " b", HOSTILE + " b", [[0.9, 0.1], [0.2, 0.8]])
    lines = {"confusion": curves.confusion(told), "roc": curves.roc(told)}
    return figures.drawn(lines, {HOSTILE: 0.75, "b": 0.25}, "$\\frac{")


@pytest.mark.slow
def test_figures_are_svg_whose_texts_are_texts() -> None:
    found = draw()
    assert set(found) == {"confusion-matrix", "roc", "importance"}
    for text in found.values():
        tree = ElementTree.fromstring(text)  # noqa: S314  # our own
        assert tree.tag.endswith("}svg")
        assert not any(item.tag.endswith("}script") for item in tree.iter())
    assert "<dc:date>" not in found["roc"]
    residuals = curves.residuals(ScoredNumbers((1.0, 2.0), (1.5, 2.0)))
    assert set(figures.drawn({"residuals": residuals}, {}, "")) == {"residuals"}


@pytest.mark.slow
def test_the_same_numbers_give_the_same_bytes_in_another_process() -> None:
    code = (
        "import importlib.util, json, sys\n"
        f"spec = importlib.util.spec_from_file_location('drawing', {__file__!r})\n"
        "drawing = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(drawing)\n"
        "print(json.dumps(drawing.draw()))\n"
    )
    done = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert done[0].stdout == done[1].stdout


@pytest.mark.slow
def test_a_figure_that_is_too_large_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MOST_BYTES", 100)
    assert figures.drawn({}, {"a": 1.0}, "") == {}
