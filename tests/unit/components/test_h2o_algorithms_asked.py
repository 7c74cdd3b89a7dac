"""What may be asked of train-h2o, and what an H2O model's account of itself becomes."""

import json
import math
from types import SimpleNamespace
from typing import Any

import pytest

from exai_components.model_file import Fold, render_leaderboard
from exai_components.outcome import StepFailure
from exai_components.train_h2o.account import cross_validation, importance, leaderboard, shares
from exai_components.train_h2o.algorithms import asked, family


@pytest.mark.parametrize(
    ("algorithm", "parameters", "code"),
    [
        ("gmb", {}, "unknown-algorithm"),
        ("glm", {"ntrees": 5}, "unknown-parameter"),
        ("gbm", {"family": "gaussian"}, "unknown-parameter"),
        ("automl", {}, "no-limit"),
        ("automl", {"max_models": 0, "max_runtime_secs": 0.0}, "no-limit"),
        ("automl", {"max_models": 2, "include_algos": "GBM"}, "ill-typed-parameter"),
        ("automl", {"max_models": 2, "include_algos": ["Gbm"]}, "unknown-algorithm"),
        ("automl", {"max_models": 2, "include_algos": ["XGBoost"]}, "unservable-algorithm"),
        (
            "automl",
            {"max_models": 2, "include_algos": ["GBM"], "exclude_algos": ["GLM"]},
            "include-and-exclude",
        ),
        ("automl", {"max_models": 2, "sort_metric": "acuracy"}, "unknown-metric"),
    ],
)
def test_what_may_not_be_asked(algorithm: str, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(StepFailure) as caught:
        asked(algorithm, parameters, 0)
    assert caught.value.outcome.code == code
    assert caught.value.outcome.final


def test_a_search_with_a_limit() -> None:
    told = asked("automl", {"max_runtime_secs": "30", "exclude_algos": ["GLM"]}, 7)
    assert dict(told.given) == {"exclude_algos": ["GLM"], "max_runtime_secs": 30.0}


def test_the_family_is_the_task_s_unless_given() -> None:
    plain = asked("glm", {}, 0)
    assert family(plain, "classification", 2) == "binomial"
    assert family(plain, "classification", 3) == "multinomial"
    assert family(plain, "regression", 0) == "gaussian"
    assert family(asked("glm", {"family": "Poisson"}, 0), "regression", 0) == "poisson"
    with pytest.raises(StepFailure, match="poisson is nothing for classification"):
        family(asked("glm", {"family": "poisson"}, 0), "classification", 2)


def test_weights_of_levels_add_up_to_their_column() -> None:
    found = shares(
        [("a.x", 1.0), ("a.b.x", -2.0), ("c", 1.0), ("other", 9.0), ("c", math.nan)],
        ["a", "a.b", "c", "d"],
    )
    assert found == {"a": 0.25, "a.b": 0.5, "c": 0.25, "d": 0.0}
    assert shares([("a", 0.0)], ["a"]) == {}


def model(**output: Any) -> Any:
    tables = {name: SimpleNamespace(cell_values=rows) for name, rows in output.items()}
    return SimpleNamespace(_model_json={"output": tables})


def test_folds_that_define_a_metric() -> None:
    rows = [("accuracy", "0.9", "0.01"), ("auc", math.nan, 0.0), ("aic", 1.0, 1.0)]
    found = cross_validation(model(cross_validation_metrics_summary=rows), "classification")
    assert found == {"accuracy": Fold(0.9, 0.01)}
    assert cross_validation(model(), "classification") == {}
    assert importance(model(), ["a"]) == {}


def test_a_leaderboard_keeps_its_order() -> None:
    rows = leaderboard('model_id,auc,rmse\n"GBM_1",0.9,0.1\n"DRF_1",NaN,0.2\n')
    assert [row["model_id"] for row in rows] == ["GBM_1", "DRF_1"]
    assert rows[0]["auc"] == 0.9
    assert json.loads(render_leaderboard(rows))[1]["auc"] is None
