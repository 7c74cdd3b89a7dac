"""The scorer in process, against what H2O itself answers."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exai_components.model_file import BadModel
from exai_components.mojo import BATCH, MojoScorer

pytestmark = pytest.mark.slow


def test_a_classifier_scores_as_h2o_does(models: Any) -> None:
    expected = models.expected("iris")
    scorer = MojoScorer(models / "iris")
    scores = scorer.score(expected["rows"])
    assert list(scores.predictions) == expected["scores"]["predict"]
    assert scores.probabilities is not None
    for at, name in enumerate(scorer.signature.classes):
        column = [row[at] for row in scores.probabilities]
        assert column == pytest.approx(expected["scores"][name], abs=1e-9)


def test_a_regression_scores_as_h2o_does(models: Any) -> None:
    expected = models.expected("width")
    scores = MojoScorer(models / "width").score(expected["rows"])
    assert scores.probabilities is None
    assert scores.predictions == pytest.approx(expected["scores"]["predict"], abs=1e-5)


@pytest.mark.parametrize("name", ["iris", "width"])
def test_one_by_one_and_at_once_are_the_same(models: Any, name: str) -> None:
    rows = models.expected(name)["rows"]
    scorer = MojoScorer(models / name)
    assert len(rows) > BATCH
    at_once = scorer.score(rows)
    one_by_one = [scorer.score([row]) for row in rows]
    assert at_once.predictions == tuple(each.predictions[0] for each in one_by_one)
    if at_once.probabilities is not None:
        assert at_once.probabilities == tuple(
            each.probabilities[0] for each in one_by_one if each.probabilities
        )


def test_a_missing_value_and_an_unseen_level_are_missing_to_the_model(models: Any) -> None:
    scorer = MojoScorer(models / "width")
    row = models.expected("width")["rows"][0]
    missing = scorer.score([row | {"colour": None}])
    assert scorer.score([row | {"colour": "green"}]) == missing
    scorer.score([row | {"sepal_length": None}])


def test_no_rows_give_no_scores(models: Any) -> None:
    scores = MojoScorer(models / "iris").score([])
    assert (scores.predictions, scores.probabilities) == ((), ())


def test_what_is_no_mojo_is_a_bad_model(models: Any, tmp_path: Path) -> None:
    signature = (models / "iris" / "exai-model.json").read_bytes()
    (tmp_path / "exai-model.json").write_bytes(signature)
    (tmp_path / "model.zip").write_bytes(b"no archive")
    with pytest.raises(BadModel, match=r"model\.zip"):
        MojoScorer(tmp_path)


SCORE = """
import json, sys
from pathlib import Path
from exai_components.mojo import MojoScorer
scorer = MojoScorer(Path(sys.argv[1]))
row = dict(zip([column.name for column in scorer.signature.columns], [5.1, 3.5, 1.4, 0.2]))
print(json.dumps([scorer.score([row]).predictions[0], "h2o" in sys.modules]))
"""


def test_it_needs_neither_java_nor_the_h2o_client(models: Any, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCORE, str(models / "iris")],
        capture_output=True,
        env={"PATH": "/nonexistent", "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout) == ["setosa", False]
    assert done.stderr == b""
    assert list(tmp_path.iterdir()) == []


def test_a_java_home_is_not_looked_at(models: Any) -> None:
    environment = os.environ | {"JAVA_HOME": "/nonexistent", "H2O_JAVA_HOME": "/nonexistent"}
    subprocess.run(
        [sys.executable, "-c", SCORE, str(models / "iris")], env=environment, timeout=60, check=True
    )
