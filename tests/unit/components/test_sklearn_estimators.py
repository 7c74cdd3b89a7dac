"""The table of estimators: what is in it trains and scores, and parameters arrive as meant."""

import warnings
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from exai_components.adopted import adopted
from exai_components.examples import Examples, examples
from exai_components.model_file import (
    FORMATS,
    SKLEARN,
    BadModel,
    ModelColumn,
    ModelFile,
    digest_of,
    file_digest,
    read_model_file,
    render_model_file,
)
from exai_components.outcome import StepFailure
from exai_components.scorer import open_scorer
from exai_components.sklearn_scorer import SklearnScorer
from exai_components.train_sklearn.encoding import arrays, behind_steps
from exai_components.train_sklearn.estimators import ESTIMATORS, converted, made, task_for
from exai_components.train_sklearn.training import check_folds, train

ROWS = 60


def told(task: str) -> Examples:
    """Numbers with a hole, text with a hole, truth, and a class or number that follows."""
    numbers = [float(at % 6) for at in range(ROWS)]
    table = {
        "size": [None, *numbers[1:]],
        "colour": [None if at % 20 == 7 else ("red", "blue")[at % 2] for at in range(ROWS)],
        "round": [at % 3 == 0 for at in range(ROWS)],
        "kind": ["abc"[at % 6 // 2] for at in range(ROWS)],
        "price": [1.0 + 2 * number + at % 2 for at, number in enumerate(numbers)],
    }
    target = "kind" if task == "classification" else "price"
    names = ("size", "colour", "round")
    return examples(pa.table(table).select([*names, target]), target, names, task)


def signature(asked: Examples, classes: tuple[str, ...], **extra: Any) -> ModelFile:
    columns = tuple(
        ModelColumn(item.name, item.type, item.levels, item.nullable) for item in asked.features
    )
    return ModelFile(
        asked.task,
        asked.target,
        columns,
        extra.pop("files", {}),
        classes,
        format=SKLEARN,
        format_version=FORMATS[SKLEARN],
        **extra,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ESTIMATORS)
def test_each_estimator_trains_and_scores(name: str) -> None:
    asked = told(ESTIMATORS[name][1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fast: dict[str, Any] = {"max_iter": 20} if name.startswith("MLP") else {}
        if name.startswith("Quadratic"):  # one-hot columns add up to one
            fast = {"reg_param": 0.1}
        data = arrays(asked)
        pipeline = behind_steps(asked, made(name, fast, 1))
        trained = train(asked, data, pipeline, folds=0, seed=1)
        scorer = SklearnScorer(signature(asked, trained.classes), trained.estimator)
        rows = [
            {"size": 5.0, "colour": "red", "round": True},
            {"size": None, "colour": None, "round": None},
            {"size": 0.0, "colour": "never seen", "round": False},
        ]
        scores = scorer.score(rows)
    assert len(scores.predictions) == 3
    assert scorer.probable == (scores.probabilities is not None)
    if asked.task == "classification":
        assert set(scores.predictions) <= set("abc")
        for shares in scores.probabilities or ():
            assert sum(shares) == pytest.approx(1)
    else:
        assert all(isinstance(value, float) for value in scores.predictions)
    if trained.importance:
        assert set(trained.importance) == {"size", "colour", "round"}
        assert sum(trained.importance.values()) == pytest.approx(1)


def test_every_name_is_scikit_learn_s() -> None:
    from sklearn.utils import all_estimators

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = {
            task: dict(all_estimators(kind))
            for task, kind in (("classification", "classifier"), ("regression", "regressor"))
        }
    for name, (module, task) in ESTIMATORS.items():
        assert known[task][name].__module__.startswith(module)


@pytest.mark.parametrize(
    ("name", "task", "code", "words"),
    [
        (
            "RandomForestClasifier",
            "",
            "unknown-estimator",
            'Did you mean "RandomForestClassifier"?',
        ),
        (
            "RandomForestClassifier",
            "regression",
            "unfit-estimator",
            'RandomForestClassifier is a classifier, and "y" calls for regression. '
            "Take RandomForestRegressor",
        ),
        ("Ridge", "classification", "unfit-estimator", "Take an estimator for classification"),
        ("SVR", "classification", "unfit-estimator", "Take SVC"),
    ],
)
def test_an_estimator_that_does_not_fit(name: str, task: str, code: str, words: str) -> None:
    with pytest.raises(StepFailure) as caught:
        task_for(name, task, "y")
    assert caught.value.outcome.code == code
    assert words in caught.value.outcome.line()


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("RandomForestClassifier", {"n_estimator": 5}, 'Did you mean "n_estimators"?'),
        ("RandomForestClassifier", {"n_estimators": "many"}, "'n_estimators' parameter of Random"),
        ("RandomForestClassifier", {"n_estimators": -1.0}, "Got -1 instead"),
        ("LogisticRegression", {"solver": "magic"}, "'solver' parameter"),
    ],
)
def test_parameters_that_do_not_fit(name: str, parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(StepFailure) as caught:
        made(name, parameters, 0)
    assert caught.value.outcome.final
    assert words in caught.value.outcome.line()


def test_parameters_arrive_as_the_spec_meant_them() -> None:
    given = {"n_estimators": "20.0", "max_features": "sqrt", "max_depth": 3.0, "max_samples": 1.0}
    forest = made("RandomForestClassifier", {**given, "bootstrap": "true"}, 7)
    found = forest.get_params()
    assert (found["n_estimators"], found["max_depth"]) == (20, 3)
    assert isinstance(found["n_estimators"], int)
    assert isinstance(found["max_samples"], float), "all samples, not one"
    assert (found["max_features"], found["bootstrap"], found["random_state"]) == ("sqrt", True, 7)
    assert made("RandomForestClassifier", {"random_state": 3.0}, 7).random_state == 3
    assert made("MLPClassifier", {"hidden_layer_sizes": [5.0, 3.0]}, 0).hidden_layer_sizes == [5, 3]
    assert converted("none", ()) is None


def test_folds_that_rows_cannot_be_parted_into() -> None:
    asked = told("classification")
    check_folds(asked, 20)
    check_folds(asked, 0)
    for folds in (1, -2, 21):
        with pytest.raises(StepFailure) as caught:
            check_folds(asked, folds)
        assert caught.value.outcome.code == "unfit-folds"
    with pytest.raises(StepFailure, match="has 20 rows"):
        check_folds(asked, 21)


def test_folds_measure_what_an_evaluation_does() -> None:
    for task, metrics in (
        ("classification", {"accuracy", "f1", "logloss", "precision", "recall"}),
        ("regression", {"mae", "r2", "rmse"}),
    ):
        asked = told(task)
        name = "DecisionTreeClassifier" if task == "classification" else "DecisionTreeRegressor"
        pipeline = behind_steps(asked, made(name, {}, 1))
        trained = train(asked, arrays(asked), pipeline, folds=3, seed=1)
        assert set(trained.cross_validation) == metrics
        again = train(asked, arrays(asked), pipeline, folds=3, seed=1)
        assert again.cross_validation == trained.cross_validation
        assert max(trained.importance, key=lambda name: trained.importance[name]) == "size"


def test_whole_numbers_need_no_steps() -> None:
    schema = pa.schema([pa.field("x", pa.int64(), nullable=False), pa.field("y", pa.float64())])
    table = pa.table({"x": [1, 2, 3], "y": [1.0, 2.0, 3.0]}, schema=schema)
    plain = made("LinearRegression", {}, 0)
    assert behind_steps(examples(table, "y", ("x",), "regression"), plain) is plain


def test_one_hot_has_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exai_components.train_sklearn.encoding._MOST_CELLS", 100)
    with pytest.raises(StepFailure, match='"colour" alone has 2 levels'):
        behind_steps(told("regression"), made("Ridge", {}, 0))


# Pickles


def pickled(folder: Path, estimator: Any, name: str = "model.joblib") -> Path:
    import joblib

    folder.mkdir(exist_ok=True)
    joblib.dump(estimator, folder / name)
    return folder


def a_model(folder: Path) -> Path:
    asked = told("classification")
    trained = train(
        asked, arrays(asked), behind_steps(asked, made("GaussianNB", {}, 0)), folds=0, seed=0
    )
    pickled(folder, trained.estimator)
    files = {"model.joblib": file_digest(folder / "model.joblib")}
    told_of = signature(asked, trained.classes, files=files)
    (folder / "exai-model.json").write_bytes(render_model_file(told_of))
    return folder


ROW = {"size": 1.0, "colour": "red", "round": False}


def test_a_pickle_is_loaded_by_its_declared_digest_only(tmp_path: Path) -> None:
    folder = a_model(tmp_path / "m")
    with pytest.raises(BadModel, match="isn't loaded unless the model's digest is declared"):
        open_scorer(folder)
    scored = open_scorer(folder, digest_of(folder)).score([ROW])
    assert scored == open_scorer(folder, trusted_run=True).score([ROW])
    with pytest.raises(BadModel, match="has the digest"):
        open_scorer(folder, "0" * 64, trusted_run=True)


class Bomb:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return (Path.touch, (self.trace,))


def test_a_pickle_of_another_digest_is_never_unpickled(tmp_path: Path) -> None:
    folder = a_model(tmp_path / "m")
    digest = digest_of(folder)
    pickled(folder, Bomb(tmp_path / "trace"))
    for told_digest, trusted in ((digest, False), (None, True), (None, False)):
        with pytest.raises(BadModel):
            open_scorer(folder, told_digest, trusted_run=trusted)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"rot", "is not a model that can be loaded"),
        (b"\x80\x04\x8c\x0bno_such_mod\x8c\x01X\x93.", "needs the module no_such_mod"),
    ],
)
def test_a_pickle_that_is_none(tmp_path: Path, content: bytes, words: str) -> None:
    folder = a_model(tmp_path / "m")
    (folder / "model.joblib").write_bytes(content)
    files = {"model.joblib": file_digest(folder / "model.joblib")}
    asked = signature(told("classification"), ("a", "b", "c"), files=files)
    (folder / "exai-model.json").write_bytes(render_model_file(asked))
    with pytest.raises(BadModel, match=words):
        open_scorer(folder, digest_of(folder))


SIGNATURE = {
    "task": "classification",
    "target": "good",
    "columns": [
        {"name": "x", "type": "float64", "nullable": True},
        {"name": "y", "type": "int64", "nullable": False},
    ],
    "feature_service": {},
}


def fitted(*, frame: bool, answers: Any = (True, False, True)) -> Any:
    import pandas as pd
    from sklearn.tree import DecisionTreeClassifier

    rows: Any = [[1.0, 2], [2.0, 2], [3.0, 4]]
    if frame:  # in another order than the signature's: names count
        rows = pd.DataFrame({"y": [2, 2, 4], "x": [1.0, 2.0, 3.0]})
    return DecisionTreeClassifier(random_state=0).fit(rows, list(answers))


@pytest.mark.parametrize("frame", [False, True])
@pytest.mark.parametrize("form", ["folder", "another name", "file"])
def test_a_step_s_own_model_is_adopted(tmp_path: Path, form: str, *, frame: bool) -> None:
    name = "model.joblib" if form == "folder" else "tree.pkl"
    source = pickled(tmp_path / "made", fitted(frame=frame), name)
    folder = adopted(source / name if form == "file" else source, SIGNATURE, tmp_path / "a")
    model = read_model_file(folder)
    assert (model.format, model.algorithm, model.target) == (
        SKLEARN,
        "DecisionTreeClassifier",
        "good",
    )
    assert model.classes == ("false", "true")
    assert model.parameters["random_state"] == 0
    scores = open_scorer(folder, digest_of(folder)).score([{"x": 2.0, "y": 2}, {"x": 1.0, "y": 2}])
    assert scores.predictions == ("false", "true")
    assert scores.probabilities == ((1.0, 0.0), (0.0, 1.0))
    again = adopted(source, SIGNATURE, tmp_path / "b")
    assert digest_of(again) == digest_of(folder)
    assert adopted(folder, {}, tmp_path / "c") == folder
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([{"name": "x", "type": "float64"}], "the model takes 2 columns, its signature has 1"),
        ([{"name": "x", "type": "float64"}, {"name": "z", "type": "float64"}], ""),
    ],
)
def test_a_signature_that_does_not_fit(tmp_path: Path, columns: list[Any], words: str) -> None:
    source = pickled(tmp_path / "made", fitted(frame=False))
    asked = {**SIGNATURE, "columns": columns}
    if not words:  # by place, any two columns will do: by name they won't
        adopted(source, asked, tmp_path / "a")
        source = pickled(tmp_path / "made", fitted(frame=True))
        words = "columns that the signature lacks: y"
    with pytest.raises(StepFailure, match=words) as caught:
        adopted(source, asked, tmp_path / "b")
    assert caught.value.outcome.code == "unfit-signature"


@pytest.mark.parametrize(
    ("files", "told_signature", "code"),
    [
        (("model.joblib",), {}, "no-signature"),
        (("a.joblib", "b.pkl"), SIGNATURE, "not-a-model"),
        (("notes.txt",), SIGNATURE, "not-a-model"),
        ((), SIGNATURE, "not-a-model"),
        (("model.joblib",), SIGNATURE, "unfit-signature"),  # a pickle of no estimator
    ],
)
def test_what_cannot_be_adopted(
    tmp_path: Path, files: tuple[str, ...], told_signature: dict[str, Any], code: str
) -> None:
    source = tmp_path / "made"
    source.mkdir()
    for name in files:
        pickled(source, {"not": "a model"}, name)
    with pytest.raises(StepFailure) as caught:
        adopted(source, told_signature, tmp_path / "a")
    assert (caught.value.outcome.code, caught.value.outcome.final) == (code, True)


def test_a_classifier_for_numbers_is_refused(tmp_path: Path) -> None:
    from sklearn.linear_model import LinearRegression

    source = pickled(tmp_path / "made", LinearRegression().fit([[1, 2], [2, 3]], [1, 2]))
    with pytest.raises(StepFailure, match="no classes_"):
        adopted(source, SIGNATURE, tmp_path / "a")
