"""`task-mismatch`: an estimator of train-sklearn that predicts something else than its target, or
than its Model is for: a regressor for classes, a classifier for amounts.

The step would fail (`unfit-estimator`) after all that comes before it has run. Of trials the
objective is judged (`trial-metric`).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.task_mismatch import NEVER, misfit
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.checks.unusable_feature import TARGETS
from exai_compiler.columns import text
from exai_compiler.graph import Step
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.identity import Ref
from exai_specs.kinds import ModelSpec, PipelineSpec
from exai_specs.parse import Spec
from exai_specs.values import replace

CLASSIFIERS = frozenset(
    (
        "AdaBoostClassifier",
        "BaggingClassifier",
        "BernoulliNB",
        "DecisionTreeClassifier",
        "DummyClassifier",
        "ExtraTreeClassifier",
        "ExtraTreesClassifier",
        "GaussianNB",
        "GaussianProcessClassifier",
        "GradientBoostingClassifier",
        "HistGradientBoostingClassifier",
        "KNeighborsClassifier",
        "LinearDiscriminantAnalysis",
        "LinearSVC",
        "LogisticRegression",
        "MLPClassifier",
        "NearestCentroid",
        "NuSVC",
        "Perceptron",
        "QuadraticDiscriminantAnalysis",
        "RandomForestClassifier",
        "RidgeClassifier",
        "RidgeClassifierCV",
        "SGDClassifier",
        "SVC",
    )
)
"""Those of train-sklearn's estimators that predict classes; the others predict amounts."""
_PORT = "estimator"
_CALLED = {"classification": "a classifier", "regression": "a regressor"}


def predicts(step: Step) -> str:
    """The task of a step's estimator; "" where it has none that is known."""
    limit = step.component.limits.get(_PORT) if step.component is not None else None
    name = text(step.inputs.get(_PORT))
    if limit is None or name not in limit.enum:
        return ""
    return "classification" if name in CLASSIFIERS else "regression"


def check(subject: Subject) -> Iterator[Diagnostic]:
    judged: set[tuple[Ref, Path]] = set()
    for spec, body in subject.project.bodies(ModelSpec):
        for maker in subject.makers.get(spec.ref.name, ()):
            signature = subject.signature(maker)
            if signature is None or body.task not in NEVER:
                continue
            graph = subject.graphs[signature.pipeline]
            step, key = graph.steps[signature.step], graph.pipeline
            # One whose Model has its task has a target that is judged with the Model.
            if (task := predicts(step)) and (key, step.path) not in judged:
                judged.add((key, step.path))
                # Where the target says that the Model's task is wrong, it is told there.
                if task != body.task and not misfit(subject, signature, body.task):
                    words = f"{spec.ref} is for {body.task}"
                    of_model = ("the task", spec.at("spec", "task"))
                    found = _problem(subject.project.specs[key], step, task, words, of_model)
                    wanted, _, _ = found.hint.partition(", or")
                    yield replace(found, hint=f"{wanted}, or write `task: {task}` in the Model")
    for each in subject.trained:
        task, column = predicts(each.step), each.target_column
        if not task or column is None or not isinstance(each.spec.body, PipelineSpec):
            continue
        kind = str(column.type)
        classes = task == "classification" and column.enum
        if classes or (each.spec.ref, each.step.path) in judged:
            continue
        if kind in TARGETS and kind in NEVER[task]:
            words = f"its target `{each.target}` is {kind}"
            yield _problem(each.spec, each.step, task, words, ("the column", column.at))


def _problem(
    spec: Spec, step: Step, task: str, words: str, related: tuple[str, Span]
) -> Diagnostic:
    name = text(step.inputs.get(_PORT))
    wanted = "regressor" if task == "classification" else "classifier"
    return Diagnostic(
        "task-mismatch",
        f"{name} is {_CALLED[task]}, and {words}",
        spec.at(*under_with(step.path, _PORT)),
        hint=f"take a {wanted}, or another target",
        related=(related,),
    )
