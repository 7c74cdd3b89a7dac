"""A Tuning as an Experiment (targets 4.4).

In: the resolved project, a Tuning. Out: the object `<tuning>-<12 digits>`: Katib's webhook lets
nothing of its spec change but three counts (targets 4.4), so the digits are a hash of what it means
and of all that can't change. Locally Optuna searches the same object, and goes on with another
image or other resources: there the digits are those of the meaning alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.backends.katib.job import CONTAINER, job
from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.resolved import Resolved
from exai_compiler.tuning.meaning import tuning_meaning
from exai_compiler.tuning.space import type_of, written
from exai_compiler.tuning.trial import used
from exai_specs.effects import Effect
from exai_specs.frozen import Json, digest, freeze
from exai_specs.kinds import TuningSpec
from exai_specs.kinds.tuning import Algorithm, Choices, Objective, Range
from exai_specs.parse import Spec

API = "kubeflow.org/v1beta1"
KIND = "Experiment"
MANAGED_BY = {"app.kubernetes.io/managed-by": "exai"}
SHORT = 12
"""Digits of the hash in a name: with a Tuning's 27 characters, Katib's 40 in all."""
COUNTS = ("parallelTrialCount", "maxTrialCount", "maxFailedTrialCount")
"""What Katib lets change."""
WAVE = 8
"""After everything that is ready: a search takes as long as a run does."""

# What Katib's webhook writes for a Job.
SUCCESS = 'status.conditions.#(type=="Complete")#|#(status=="True")#'
FAILURE = 'status.conditions.#(type=="Failed")#|#(status=="True")#'
_TYPES = {"double": "double", "integer": "int"}


def render_tuning(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """Raises TypeError for another kind: a bug of the caller."""
    tuning = spec.body
    if not isinstance(tuning, TuningSpec):
        raise TypeError(f"{spec.ref} is no Tuning")
    search = _spec(resolved, spec, tuning)
    name = f"{spec.ref.name}-{_identity(resolved, spec, tuning, search)[:SHORT]}"
    metadata: dict[str, Json] = {"name": name, "labels": {**spec.metadata.labels, **MANAGED_BY}}
    if spec.metadata.annotations:
        metadata["annotations"] = spec.metadata.annotations
    if resolved.environment.namespace is not None:
        metadata["namespace"] = resolved.environment.namespace
    body: dict[str, Json] = {
        "apiVersion": API,
        "kind": KIND,
        "metadata": metadata,
        "spec": search,
    }
    id_ = ObjectId(API, KIND, name)
    return (Rendered(id_, spec.ref, freeze(body), WAVE, Effect.RETRAIN),)


def _identity(
    resolved: Resolved, spec: Spec, tuning: TuningSpec, search: Mapping[str, Json]
) -> str:
    """What makes it another search."""
    meaning = tuning_meaning(resolved.project, resolved.catalog, spec, tuning)
    if resolved.environment.target == "local":
        return meaning
    fixed = {key: value for key, value in search.items() if key not in COUNTS}
    return digest(freeze({"meaning": meaning, "spec": fixed}))


def _spec(resolved: Resolved, spec: Spec, tuning: TuningSpec) -> Mapping[str, Json]:
    taken = used(tuning)
    found: dict[str, Json] = {
        "objective": _objective(tuning.objective),
        "algorithm": _algorithm(tuning.algorithm),
        "parallelTrialCount": tuning.trials.at_once,
        "maxTrialCount": tuning.trials.max,
        "maxFailedTrialCount": tuning.trials.failures,
        "parameters": tuple(
            _parameter(name, searched, tuning.algorithm.name)
            for name, searched in tuning.parameters.items()
        ),
        "metricsCollectorSpec": {"collector": {"kind": "StdOut"}},
        "trialTemplate": {
            "primaryContainerName": CONTAINER,
            "successCondition": SUCCESS,
            "failureCondition": FAILURE,
            "trialParameters": tuple(
                {"name": name, "reference": name} for name in tuning.parameters if name in taken
            ),
            "trialSpec": job(resolved, spec, tuning),
        },
    }
    if tuning.early_stopping is not None:
        found["earlyStopping"] = _algorithm(tuning.early_stopping)
    return found


def _objective(objective: Objective) -> Json:
    """Of the values that a trial reports of a metric, its best one counts: Katib's default."""
    best = "max" if objective.type == "maximize" else "min"
    found: dict[str, Json] = {
        "type": objective.type,
        "objectiveMetricName": objective.metric,
        "metricStrategies": ({"name": objective.metric, "value": best},),
    }
    return found if objective.goal is None else {**found, "goal": objective.goal}


def _algorithm(algorithm: Algorithm) -> Json:
    settings: tuple[Json, ...] = tuple(
        {"name": name, "value": written(value)} for name, value in algorithm.settings.items()
    )
    found: dict[str, Json] = {"algorithmName": algorithm.name}
    return {**found, "algorithmSettings": settings} if settings else found


def _parameter(name: str, searched: Range | Choices, algorithm: str) -> Json:
    if isinstance(searched, Choices):
        kind = "categorical" if type_of(searched) == "string" else "discrete"
        listed = tuple(written(item) for item in searched.list)
        return {"name": name, "parameterType": kind, "feasibleSpace": {"list": listed}}
    space: dict[str, Json] = {
        "min": written(searched.min),
        "max": written(searched.max),
        "distribution": "logUniform" if searched.scale == "log" else "uniform",
    }
    if searched.step is not None:
        space["step"] = written(searched.step)
    elif searched.type == "integer" and algorithm == "grid":
        space["step"] = "1"  # not every suggestion service knows that default
    return {"name": name, "parameterType": _TYPES[searched.type], "feasibleSpace": space}
