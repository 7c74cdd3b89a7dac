"""The estimators that train-sklearn has: scikit-learn's, by their names there.

In: a name, parameters as they arrive, a seed. Out: an estimator that isn't trained yet, or a final
failure in scikit-learn's own words about its parameters.
Never takes an estimator apart from this table: those that wrap others, need counts or several
targets, or don't predict new rows, are left out.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from exai_components.model_file import Task
from exai_components.outcome import StepFailure, did_you_mean
from exai_components.structs import whole_numbers

_CLASSIFIERS: Mapping[str, tuple[str, ...]] = {
    "discriminant_analysis": ("LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis"),
    "dummy": ("DummyClassifier",),
    "ensemble": (
        "AdaBoostClassifier",
        "BaggingClassifier",
        "ExtraTreesClassifier",
        "GradientBoostingClassifier",
        "HistGradientBoostingClassifier",
        "RandomForestClassifier",
    ),
    "gaussian_process": ("GaussianProcessClassifier",),
    "linear_model": (
        "LogisticRegression",
        "Perceptron",
        "RidgeClassifier",
        "RidgeClassifierCV",
        "SGDClassifier",
    ),
    "naive_bayes": ("BernoulliNB", "GaussianNB"),
    "neighbors": ("KNeighborsClassifier", "NearestCentroid"),
    "neural_network": ("MLPClassifier",),
    "svm": ("LinearSVC", "NuSVC", "SVC"),
    "tree": ("DecisionTreeClassifier", "ExtraTreeClassifier"),
}
_REGRESSORS: Mapping[str, tuple[str, ...]] = {
    "dummy": ("DummyRegressor",),
    "ensemble": (
        "AdaBoostRegressor",
        "BaggingRegressor",
        "ExtraTreesRegressor",
        "GradientBoostingRegressor",
        "HistGradientBoostingRegressor",
        "RandomForestRegressor",
    ),
    "gaussian_process": ("GaussianProcessRegressor",),
    "kernel_ridge": ("KernelRidge",),
    "linear_model": (
        "ARDRegression",
        "BayesianRidge",
        "ElasticNet",
        "ElasticNetCV",
        "GammaRegressor",
        "HuberRegressor",
        "Lars",
        "LarsCV",
        "Lasso",
        "LassoCV",
        "LassoLars",
        "LassoLarsCV",
        "LassoLarsIC",
        "LinearRegression",
        "OrthogonalMatchingPursuit",
        "PoissonRegressor",
        "QuantileRegressor",
        "Ridge",
        "RidgeCV",
        "SGDRegressor",
        "TheilSenRegressor",
        "TweedieRegressor",
    ),
    "neighbors": ("KNeighborsRegressor",),
    "neural_network": ("MLPRegressor",),
    "svm": ("LinearSVR", "NuSVR", "SVR"),
    "tree": ("DecisionTreeRegressor", "ExtraTreeRegressor"),
}


def _table() -> dict[str, tuple[str, Task]]:
    tables: tuple[tuple[Task, Mapping[str, tuple[str, ...]]], ...] = (
        ("classification", _CLASSIFIERS),
        ("regression", _REGRESSORS),
    )
    found = {
        name: (f"sklearn.{module}", task)
        for task, modules in tables
        for module, names in modules.items()
        for name in names
    }
    return dict(sorted(found.items()))


# By name: the module to import, and what it predicts. component.yaml lists the names (a test).
ESTIMATORS: Mapping[str, tuple[str, Task]] = MappingProxyType(_table())


def task_for(name: str, asked: str, target: str) -> Task:
    """The task of an estimator; a final failure when it is unknown or not for the task asked."""
    if name not in ESTIMATORS:
        raise StepFailure(
            "unknown-estimator",
            f'train-sklearn has no estimator "{name}"',
            did_you_mean(name, ESTIMATORS),
        )
    task = ESTIMATORS[name][1]
    if asked and asked != task:
        kind = "classifier" if task == "classification" else "regressor"
        raise StepFailure(
            "unfit-estimator",
            f'{name} is a {kind}, and "{target}" calls for {asked}',
            _counterpart(name) or f"Take an estimator for {asked}",
        )
    return task


def made(name: str, parameters: Mapping[str, Any], seed: int) -> Any:
    """The estimator, untrained; `seed` is its random_state unless one is given."""
    import importlib

    from sklearn.utils._param_validation import InvalidParameterError

    kind = getattr(importlib.import_module(ESTIMATORS[name][0]), name)
    known = kind().get_params()
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise StepFailure(
            "unknown-parameter",
            f'{name} has no parameter "{unknown[0]}"',
            did_you_mean(unknown[0], known),
        )
    constraints = getattr(kind, "_parameter_constraints", {})
    given = {
        key: converted(parameters[key], constraints.get(key, ())) for key in sorted(parameters)
    }
    if "random_state" in known:
        given.setdefault("random_state", seed)
    try:
        estimator = kind(**given)
        estimator._validate_params()
    except (InvalidParameterError, TypeError, ValueError) as error:
        raise StepFailure(
            "ill-typed-parameter",
            f"scikit-learn refuses the parameters: {' '.join(str(error).split())}",
            "Mend the parameters of the step",
        ) from None
    return estimator


def converted(value: Any, constraints: Any) -> Any:
    """A value as the spec meant it: KFP keeps each number as a double, and a reference is text.

    1 is a whole (all features, all samples) where the parameter takes a share up to one.
    """
    from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions

    if isinstance(value, str):
        texts = [option for option in constraints if isinstance(option, StrOptions)]
        if any(value in option.options for option in texts):
            return value
        value = _read(value)
    if isinstance(value, float) and value.is_integer():
        for limit in constraints:
            if isinstance(limit, Interval) and limit.type is RealNotInt and value in limit:
                return value
    return whole_numbers(value)


def _read(text: str) -> Any:
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return float(text)
    except ValueError:
        return text


def _counterpart(name: str) -> str:
    pairs = (("Classifier", "Regressor"), ("SVC", "SVR"))
    for left, right in (*pairs, *((b, a) for a, b in pairs)):
        other = name.replace(left, right)
        if other != name and other in ESTIMATORS:
            return f"Take {other}"
    return {"LogisticRegression": "Take LinearRegression"}.get(name, "")
