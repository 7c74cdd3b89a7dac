"""The algorithms that train-h2o has, and the parameters that a spec may set for each.

In: an algorithm's name and its parameters, as they arrive. Out: an `Asked` whose values have their
types, or a final failure with the nearest name.
Never asks H2O: what is wrong here costs no JVM.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from exai_components.model_file import Task
from exai_components.outcome import StepFailure, did_you_mean
from exai_components.structs import STRINGS, Kind, typed_parameters


@dataclass(frozen=True, slots=True)
class Algorithm:
    """H2O's name of it, the class in `h2o.estimators`, and its parameters by KFP's types.

    `min_rows` is H2O's default for the fewest rows of a leaf; none for what has no leaves.
    """

    name: str
    estimator: str
    parameters: Mapping[str, Kind]
    min_rows: float | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be trained; `given` holds what the spec says, and nothing else."""

    algorithm: Algorithm
    given: Mapping[str, Any]
    seed: int


_EVERY: Mapping[str, Kind] = {
    "balance_classes": "boolean",
    "fold_assignment": "string",
    "nfolds": "integer",
    "stopping_metric": "string",
    "stopping_rounds": "integer",
    "stopping_tolerance": "double",
}
_TREES: Mapping[str, Kind] = {
    **_EVERY,
    "col_sample_rate_change_per_level": "double",
    "col_sample_rate_per_tree": "double",
    "distribution": "string",
    "histogram_type": "string",
    "max_depth": "integer",
    "min_rows": "double",
    "min_split_improvement": "double",
    "nbins": "integer",
    "nbins_cats": "integer",
    "ntrees": "integer",
    "sample_rate": "double",
    "score_tree_interval": "integer",
}
_GBM: Mapping[str, Kind] = {
    **_TREES,
    "col_sample_rate": "double",
    "learn_rate": "double",
    "learn_rate_annealing": "double",
}
_DRF: Mapping[str, Kind] = {
    **_TREES,
    "binomial_double_trees": "boolean",
    "mtries": "integer",
}
_GLM: Mapping[str, Kind] = {
    **_EVERY,
    "alpha": "double",
    "family": "string",
    "lambda": "double",
    "lambda_search": "boolean",
    "link": "string",
    "max_iterations": "integer",
    "missing_values_handling": "string",
    "nlambdas": "integer",
    "remove_collinear_columns": "boolean",
    "solver": "string",
    "standardize": "boolean",
    "tweedie_link_power": "double",
    "tweedie_variance_power": "double",
}
_AUTOML: Mapping[str, Kind] = {
    "balance_classes": "boolean",
    "exclude_algos": STRINGS,
    "include_algos": STRINGS,
    "max_models": "integer",
    "max_runtime_secs": "integer",
    "max_runtime_secs_per_model": "integer",
    "nfolds": "integer",
    "sort_metric": "string",
    "stopping_metric": "string",
    "stopping_rounds": "integer",
    "stopping_tolerance": "double",
}

ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        algorithm.name: algorithm
        for algorithm in (
            Algorithm("gbm", "H2OGradientBoostingEstimator", _GBM, 10.0),
            Algorithm("drf", "H2ORandomForestEstimator", _DRF, 1.0),
            Algorithm("glm", "H2OGeneralizedLinearEstimator", _GLM),
            Algorithm("automl", "H2OAutoML", _AUTOML),
        )
    }
)
# All of them: component.yaml lists the same (a test).
PARAMETERS: Mapping[str, Kind] = MappingProxyType(
    dict(sorted({**_GBM, **_DRF, **_GLM, **_AUTOML}.items()))
)
# What AutoML may choose among: the MOJO of a DeepLearning model doesn't score a plain row, and
# XGBoost needs a native library that isn't shipped.
LEADERS = ("DRF", "GBM", "GLM", "StackedEnsemble")
# What AutoML can sort its leaderboard by: of a name that it doesn't know, it says nothing.
SORT_METRICS = (
    *("AUTO", "AUC", "AUCPR", "logloss", "mean_per_class_error", "RMSE", "MSE"),
    *("deviance", "MAE", "RMSLE"),
)
# The families of a linear model, by task; the first is the default (of two classes: binomial).
FAMILIES: Mapping[Task, tuple[str, ...]] = MappingProxyType(
    {
        "classification": ("multinomial", "binomial"),
        "regression": ("gaussian", "poisson", "gamma", "tweedie", "negativebinomial"),
    }
)


def asked(algorithm: str, parameters: Mapping[str, Any], seed: int) -> Asked:
    """The algorithm with its parameters in their types; a final failure names what doesn't fit."""
    found = ALGORITHMS.get(algorithm)
    if found is None:
        raise StepFailure(
            "unknown-algorithm",
            f'train-h2o has no algorithm "{algorithm}"',
            did_you_mean(algorithm, ALGORITHMS),
        )
    given = typed_parameters(parameters, found.parameters, f"train-h2o's {algorithm}")
    if algorithm == "automl":
        _check_search(given)
    return Asked(found, given, seed)


def family(told: Asked, task: Task, classes: int) -> str:
    """The family of a linear model: the given one, if it is one for the task, or the task's."""
    allowed = FAMILIES[task]
    given = str(told.given.get("family", "")).lower()
    if given in ("", "auto"):
        return "binomial" if task == "classification" and classes == 2 else allowed[0]
    if given in allowed:
        return given
    raise StepFailure(
        "unfit-family",
        f"The family {given} is nothing for {task}",
        f"Leave family out, or take one of {', '.join(allowed)}",
    )


def _check_search(given: Mapping[str, Any]) -> None:
    if given.get("max_models", 0) <= 0 and given.get("max_runtime_secs", 0) <= 0:
        raise StepFailure(
            "no-limit",
            "AutoML has no limit: it would train for an hour",
            "Set max_runtime_secs (seconds) or max_models under parameters",
        )
    metric = str(given.get("sort_metric", "AUTO"))
    if metric.lower() not in [name.lower() for name in SORT_METRICS]:
        raise StepFailure(
            "unknown-metric",
            f'AutoML can\'t sort by sort_metric "{metric}"',
            did_you_mean(metric, SORT_METRICS),
        )
    if "include_algos" in given and "exclude_algos" in given:
        raise StepFailure(
            "include-and-exclude",
            "include_algos and exclude_algos can't both be given",
            "Keep one of them",
        )
    for name in (*given.get("include_algos", ()), *given.get("exclude_algos", ())):
        if name not in (*LEADERS, "DeepLearning", "XGBoost"):
            raise StepFailure(
                "unknown-algorithm",
                f'AutoML has no algorithm "{name}"',
                did_you_mean(str(name), LEADERS),
            )
    for name in given.get("include_algos", ()):
        if name not in LEADERS:
            raise StepFailure(
                "unservable-algorithm",
                f"A {name} model can't be served from its MOJO here",
                f"Take it out of include_algos: there is {', '.join(LEADERS)}",
            )
