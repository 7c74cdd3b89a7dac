"""register-model: what the step does, from a model and its metrics to a version."""

from pathlib import Path
from typing import Any, NamedTuple

from kfp.dsl import Input, Metrics, Model


class Outputs(NamedTuple):
    """What KFP's executor writes as output parameters."""

    version: int


def register_model(
    *,
    model: Input[Model],
    metrics: Input[Metrics],
    as_: str,
    experiment: str,
    exai_run_key: str = "",
    exai_data_versions: dict | None = None,  # type: ignore[type-arg]
    signature: dict | None = None,  # type: ignore[type-arg]
) -> Outputs:
    """Store `model` and return the version of `as_` that this run makes, or has made before.

    `signature` is for a model that a step of the user's own made, which has none yet.
    """
    import os
    import shutil
    from concurrent.futures import ThreadPoolExecutor

    from exai_components.adopted import adopted
    from exai_components.object_store import is_remote
    from exai_components.register_model.store import put
    from exai_components.register_model.versions import Registration, find_version, make_version
    from exai_components.registry import registry_failures

    run_key = exai_run_key or run_id(metrics.uri)
    told = Registration(
        model=as_,
        experiment=experiment,
        run_key=run_key,
        data_versions={name: str(value) for name, value in (exai_data_versions or {}).items()},
        evaluation=_evaluation(metrics.path),
        metrics_file=Path(metrics.path),
    )
    source = Path(model.path)
    own = Path(f"{metrics.path}.registered")
    folder = adopted(source, signature or {}, own)
    # Files are copied while MLflow is imported; a version comes last, when both are whole.
    with ThreadPoolExecutor(max_workers=1) as copying, registry_failures():
        copy = copying.submit(put, folder, as_, run_key, model.metadata.get("digest") or None)
        if is_remote(os.environ.get("EXAI_MODEL_STORE", "")):
            copy.result()  # Arrow is imported before MLflow is, which does without it
        client = _client()
        version = find_version(client, as_, run_key)
        stored = copy.result()
        if version is None:
            version = make_version(client, told, stored)
    if folder != source:
        shutil.rmtree(own, ignore_errors=True)
    print(f"{as_} version {version}")
    return Outputs(version=version)


def run_id(uri: str) -> str:
    """The run's own id, from where KFP keeps its artifacts: `.../RUN/STEP/...` with a UUID on a
    cluster, `.../RUN/STEP/metrics` locally."""
    import re

    uuid = re.search(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", uri)
    return uuid.group() if uuid else Path(uri).parent.parent.name


def _client() -> Any:
    from exai_components.registry import open_registry

    return open_registry(absent=("numpy", "pyarrow"))


def _evaluation(path: str) -> dict[str, Any]:
    import json

    from exai_components.outcome import StepFailure

    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
        metrics = {name: float(value) for name, value in told["metrics"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise StepFailure(
            "not-metrics",
            'The metrics are not JSON with {"metrics": {NAME: NUMBER}}',
            "evaluate-model writes them; a step of your own writes the same to the artifact's path",
        ) from None
    return {**told, "metrics": metrics}
