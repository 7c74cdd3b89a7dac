"""The table of parameters is that of the pinned scikit-learn and H2O.

UPDATE_GOLDEN=1 writes it anew, from the installed libraries.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
from collections.abc import Iterator
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.checks.settings import refused, takes
from exai_compiler.checks.settings_table import settings_of
from exai_components.outcome import StepFailure
from exai_components.train_h2o.algorithms import ALGORITHMS
from exai_components.train_sklearn.estimators import ESTIMATORS, made
from exai_specs.frozen import freeze

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "compiler/exai_compiler/checks/settings.json"
ANY: list[Any] = []
_INSTANCES = {
    int: "int",
    Integral: "int",
    Real: ["number", None, None, "both"],
    float: "float",
    dict: "struct",
    list: "list",
    str: "text",
}


def table() -> str:
    """The table from the installed libraries; one line for each rule and each algorithm."""
    import h2o
    import sklearn

    rules: list[str] = []
    known = {
        "train-sklearn": {name: dict(_of_estimator(name)) for name in ESTIMATORS},
        "train-h2o": {name: dict(_of_algorithm(name)) for name in ALGORITHMS},
    }
    lines: list[str] = []
    for component, algorithms in known.items():
        rows = []
        for algorithm, settings in algorithms.items():
            numbered = {}
            for name, rule in sorted(settings.items()):
                text = json.dumps(rule)
                if text not in rules:
                    rules.append(text)
                numbered[name] = rules.index(text)
            rows.append(f'  "{algorithm}": {json.dumps(numbered)}')
        lines.append(f' "{component}": {{\n' + ",\n".join(rows) + "\n }")
    head = {
        "source": "names and ranges from the Python packages scikit-learn and h2o, made by "
        "tests/unit/compiler/test_settings_table.py with UPDATE_GOLDEN=1",
        "licence": "BSD-3-Clause (scikit-learn), Apache-2.0 (h2o)",
        "versions": {"scikit-learn": sklearn.__version__, "h2o": h2o.__version__},
    }
    first = [f' "{key}": {json.dumps(value)}' for key, value in head.items()]
    every = ' "rules": [\n' + ",\n".join(f"  {rule}" for rule in rules) + "\n ]"
    return "{\n" + ",\n".join((*first, every, *lines)) + "\n}\n"


def _of_estimator(name: str) -> Iterator[tuple[str, list[Any]]]:
    """What of its constraints a document can hold: no callable, no array, no object."""
    from sklearn.utils._param_validation import make_constraint

    kind = getattr(importlib.import_module(ESTIMATORS[name][0]), name)
    for setting in kind().get_params():
        stated = kind._parameter_constraints.get(setting, "no_validation")
        if stated == "no_validation":
            yield setting, ANY
            continue
        alternatives: list[Any] = []
        for constraint in stated:
            for each in _stated(make_constraint(constraint)):
                if each not in alternatives:
                    alternatives.append(each)
        assert alternatives, f"{name}: {setting} could never be set"
        yield setting, alternatives


def _stated(constraint: Any) -> Iterator[Any]:
    from sklearn.utils import _param_validation as of

    match constraint:
        case of.Interval():
            words = {Integral: "int", Real: "number", of.RealNotInt: "share"}
            bounds = (constraint.left, constraint.right)
            low, high = (None if each is None else _plain(each) for each in bounds)
            yield [words[constraint.type], low, high, constraint.closed]
        case of.StrOptions():
            yield ["texts", *sorted(constraint.options)]
        case of.Options():
            # Infinity, which is no JSON.
            assert all(each == float("inf") for each in constraint.options)
        case of._NoneConstraint():
            yield "none"
        case of._Booleans():
            yield "bool"
        case of._ArrayLikes() | of._IterablesNotString():
            yield from ("list", "struct")
        case of._InstancesOf():
            if constraint.type in _INSTANCES:
                yield _INSTANCES[constraint.type]
        case of._VerboseHelper() | of._RandomStates() | of._CVObjects():
            for each in constraint._constraints:
                yield from _stated(each)
        case of.HasMethods() | of._Callables():
            pass
        case _:
            raise AssertionError(f"nobody knows what {constraint} means")


def _plain(bound: Any) -> int | float:
    return int(bound) if isinstance(bound, Integral) else float(bound)


def _of_algorithm(name: str) -> Iterator[tuple[str, list[Any]]]:
    """Names by the component; the names that H2O's own setters take. Ranges, only its server
    knows."""
    import h2o.automl
    import h2o.estimators

    found = ALGORITHMS[name]
    owner = getattr(h2o.estimators, found.estimator, None) or h2o.automl.H2OAutoML
    for setting in found.parameters:
        known = getattr(owner, f"{setting}_" if setting == "lambda" else setting, None)
        setter = getattr(known, "fset", None)
        taken = re.search(r"\bEnum\((.*?)\)", inspect.getsource(setter)) if setter else None
        yield setting, [["names", *re.findall(r'"(\w+)"', taken[1])]] if taken else ANY


def test_the_table_is_that_of_the_libraries() -> None:
    text = table()
    if os.environ.get("UPDATE_GOLDEN") == "1":
        TABLE.write_text(text, "utf-8")
    assert TABLE.read_text("utf-8") == text


VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 0.25, 1, 1.5, 2, 3, 1000, 10**10, -0.5),
    *("", "auto", "nonsense", "none", "true", "3", "0.5", "sqrt", "balanced", "l2"),
    *([], [1], ["l2"], {}, {"a": 1}),
)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_what_is_refused_is_what_the_step_refuses(estimator: str) -> None:
    known = settings_of("train-sklearn", estimator)
    assert known is not None
    for name, found in known.items():
        for value in (*VALUES, *found.texts):
            # KFP's numbers are doubles, the local target's are as written.
            forms = {repr(each): each for each in (value, _double(value))}
            taken = any(_trains(estimator, name, each) for each in forms.values())
            assert takes(found, freeze(value)) is taken, f"{estimator}: {name}: {value!r}"


def _double(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _trains(estimator: str, name: str, value: Any) -> bool:
    try:
        made(estimator, {name: value}, 0)
    except StepFailure:
        return False
    return True


def test_names_of_h2o_are_compared_as_its_client_does() -> None:
    import h2o.estimators

    for value in ("gaussian", "Gaussian", "gauss-ian", "gausian"):
        try:
            h2o.estimators.H2OGradientBoostingEstimator(distribution=value)
            taken = True
        except TypeError:
            taken = False
        wrong = list(refused("train-h2o", "gbm", freeze({"distribution": value})))
        assert (not wrong) is taken, value


@pytest.mark.parametrize(
    ("component", "algorithm", "values", "said"),
    [
        (
            "train-sklearn",
            "DecisionTreeClassifier",
            {"maxdepth": 3},
            'has no parameter `maxdepth`: did you mean "max_depth"?',
        ),
        (
            "train-sklearn",
            "GradientBoostingRegressor",
            {"loss": "hubber"},
            'must be "absolute_error", "huber", "quantile" or "squared_error", not "hubber": '
            'did you mean "huber"?',
        ),
        (
            "train-sklearn",
            "RandomForestClassifier",
            {"max_depth": "deep"},
            "must be a whole number of at least 1 or null, not text: ",
        ),
        ("train-h2o", "glm", {"ntrees": 3}, "has no parameter `ntrees`: "),
        (
            "train-h2o",
            "gbm",
            {"learn_rate": 10},
            "must be a number above 0 and at most 1, not the number 10: ",
        ),
        (
            "train-h2o",
            "gbm",
            {"nfolds": 1},
            "must be 0 or a whole number of at least 2, not the number 1: ",
        ),
        (
            "train-h2o",
            "automl",
            {"nfolds": -2},
            "must be a whole number of at least -1 and at most 0 or a whole number of at least 2",
        ),
    ],
)
def test_words(component: str, algorithm: str, values: dict[str, Any], said: str) -> None:
    (found,) = refused(component, algorithm, freeze(values))
    assert f"{found.words}{found.shown}: {found.hint}".startswith(said)


@pytest.mark.parametrize("value", ["10", True, None, [10], {"a": 10}, float("inf"), "${{ a.b }}"])
def test_of_what_is_no_number_others_speak(value: Any) -> None:
    assert not list(refused("train-h2o", "gbm", freeze({"learn_rate": value, "ntrees": value})))
    assert not list(refused("train-h2o", "gbm", freeze({"nfolds": 1.5})))


def test_the_ranges_are_of_what_there_is() -> None:
    """`tests/local/components/test_h2o_ranges.py` holds them against H2O."""
    for algorithm in ALGORITHMS:
        known = settings_of("train-h2o", algorithm)
        assert known is not None
        kinds = {name: ALGORITHMS[algorithm].parameters[name] for name in known}
        assert any(each.within for each in known.values())
        for name, found in known.items():
            of = {"int": "integer", "number": "double"}
            assert all(of[each.kind] == kinds[name] for each in found.within), name


def test_expressions_and_unknown_algorithms_are_left_to_others() -> None:
    values = freeze({"max_depth": "${{ parameters.depth }}"})
    assert not list(refused("train-sklearn", "DecisionTreeClassifier", values))
    assert not list(refused("train-sklearn", "NoSuchThing", freeze({"a": 1})))
    assert settings_of("split-data", "") is None
