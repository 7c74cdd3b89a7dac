"""A run and a version in MLflow's registry, found or made.

In: a client, what was stored, what was measured. Out: the version's number.
Never makes a second version for a run key, and never one before its files and its run are whole:
killed anywhere, the next attempt picks up what is there.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exai_components.model_file import LEADERBOARD, MODEL_FILE
from exai_components.outcome import StepFailure
from exai_components.register_model.store import Stored
from exai_components.registry import registry_file

RUN_KEY = "exai.run_key"
MODEL = "exai.model"
_FIGURE = re.compile(r"[a-z][a-z0-9-]{0,40}")


@dataclass(frozen=True, slots=True)
class Registration:
    """Everything that a version records, except its number."""

    model: str
    experiment: str
    run_key: str
    data_versions: Mapping[str, str]
    evaluation: Mapping[str, Any]
    metrics_file: Path


def find_version(client: Any, model: str, run_key: str) -> int | None:
    """The version of this run key, the first if a race made two."""
    condition = f"name = {_quoted(model)} and tags.`{RUN_KEY}` = {_quoted(run_key)}"
    numbers = [int(found.version) for found in client.search_model_versions(condition)]
    return min(numbers, default=None)


def make_version(client: Any, told: Registration, stored: Stored) -> int:
    """The run first, whole and finished; then the version with all its tags in one step."""
    from mlflow.exceptions import MlflowException

    run = _finished_run(client, told, stored)
    try:
        client.create_registered_model(told.model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    evaluation = {
        "metrics": told.evaluation.get("metrics", {}),
        "champion": told.evaluation.get("champion"),
    }
    made = client.create_model_version(
        name=told.model,
        source=stored.uri,
        run_id=run,
        tags={
            "exai.uri": stored.uri,
            "exai.digest": stored.digest,
            RUN_KEY: told.run_key,
            "exai.data_versions": _compact(dict(told.data_versions)),
            "exai.metrics": _compact(evaluation),
            "exai.format": stored.model.format,
            **_features(stored),
        },
        await_creation_for=None,
    )
    return int(made.version)


def _finished_run(client: Any, told: Registration, stored: Stored) -> str:
    """The id of the MLflow run of this run key, with parameters, metrics and files."""
    from mlflow.entities import Metric, Param

    experiment = _experiment(client, told.experiment)
    condition = (
        f"tags.`{RUN_KEY}` = {_quoted(told.run_key)} and tags.`{MODEL}` = {_quoted(told.model)}"
    )
    found = client.search_runs([experiment], condition, max_results=1)
    run = (
        found[0]
        if found
        else client.create_run(
            experiment,
            tags={RUN_KEY: told.run_key, MODEL: told.model},
            run_name=f"{told.model}-{told.run_key[:12]}",
        )
    )
    if run.info.status == "FINISHED":
        return str(run.info.run_id)
    logged = run.data
    metrics = [
        Metric(name, float(value), run.info.start_time, 0)
        for name, value in _measured(told, stored).items()
        if name not in logged.metrics
    ]
    params = [
        Param(name, str(value))
        for name, value in sorted(stored.model.parameters.items())
        if name not in logged.params
    ]
    client.log_batch(run.info.run_id, metrics=metrics, params=params)
    client.log_artifact(run.info.run_id, str(stored.folder / MODEL_FILE))
    _log_evaluation(client, run.info.run_id, told, stored)
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)


def _measured(told: Registration, stored: Stored) -> dict[str, float]:
    """The metrics on the rows kept for it, and mean and deviation over the folds of training."""
    folds = stored.model.cross_validation
    return {
        **{name: float(value) for name, value in told.evaluation.get("metrics", {}).items()},
        **{f"cv_{name}_mean": fold.mean for name, fold in folds.items()},
        **{f"cv_{name}_sd": fold.sd for name, fold in folds.items()},
    }


def _log_evaluation(client: Any, run: str, told: Registration, stored: Stored) -> None:
    """What the metrics come from, each a file of its own: `metrics.json`, figures, leaderboard."""
    evaluation = dict(told.evaluation)
    figures = evaluation.pop("figures", None) or {}
    client.log_dict(run, evaluation, "metrics.json")
    if (board := stored.folder / LEADERBOARD).is_file():
        client.log_artifact(run, str(board))
    if "confusion" in evaluation:
        client.log_dict(run, evaluation["confusion"], "confusion-matrix.json")
    for name, text in sorted(figures.items()):
        if _FIGURE.fullmatch(name):
            client.log_text(run, str(text), f"figures/{name}.svg")


def _features(stored: Stored) -> dict[str, str]:
    """The tag that says which feature service, and which of its views, the model was trained on."""
    used = stored.model.features
    if not used:
        return {}
    kept = {name: used.get(name) for name in ("service", "views", "columns")}
    return {"exai.features": _compact(kept)}


def _experiment(client: Any, name: str) -> str:
    """The experiment's id; made with its files beside a SQLite registry, never in the folder that
    the step happens to run in, which is MLflow's own choice."""
    from mlflow.exceptions import MlflowException

    file = registry_file()
    place = (file.absolute().parent / "mlartifacts" / name).as_uri() if file is not None else None
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=place))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(name)
    if found.lifecycle_stage == "deleted":
        raise StepFailure(
            "deleted-experiment",
            f'The experiment "{name}" is deleted in the registry',
            f"Restore it (mlflow experiments restore -x {found.experiment_id}), or name another",
        )
    return str(found.experiment_id)


def _quoted(text: str) -> str:
    if "'" in text or "\\" in text:
        raise StepFailure(
            "unsafe-name",
            f"{text!r} can't be looked up in the registry",
            "Give it a name of letters, digits, `_` and `-`",
        )
    return f"'{text}'"


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
