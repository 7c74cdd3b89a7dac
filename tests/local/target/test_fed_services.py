"""A service with features: on a cluster a transformer in front of it, here its own process."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from serve import fed
from servers import redis_server

from exai_runtime.local import ledger
from exai_runtime.predicting import Refusal, ask, input_datatypes
from exai_specs.frozen import freeze

from .conftest import Place, files_with, wait_for
from .serving import bring_up, change, holding, target

pytestmark = pytest.mark.slow

PASSWORD = "hunter22-and-more"  # noqa: S105 - made up
STRING = "EXAI_FEATURES_ONLINE_STORE_CONNECTION_STRING"


def looked_up(on_missing: str, service: str = "everything") -> list[dict[str, Any]]:
    """The transformer's variables as the compiler renders them."""
    policy = {"service": service, "onMissing": on_missing, "defaults": {}}
    reference = {"secretKeyRef": {"name": "feast", "key": "redis"}}
    return [
        {"name": "EXAI_FEATURES", "value": json.dumps(policy)},
        {"name": STRING, "valueFrom": reference},
        {"name": "EXAI_FEATURE_REPOSITORY", "value": "/mnt/feature-repository"},
        {"name": "PROTOCOL", "value": "v2"},
    ]


def test_it_looks_features_up_by_itself(place: Place, tmp_path: Path) -> None:
    model = fed.model(tmp_path / "model")
    rows = [freeze(fed.row(fed.WHOLE, factor=2.0))]
    with redis_server(PASSWORD) as redis:
        made = place.paths.state / "features"
        made.mkdir(parents=True)
        online = {"type": "redis", "connection_string": redis.connection_string}
        repository = fed.fill(made, online)
        settings = repository / "feature_store.yaml"
        settings.write_text(settings.read_text().replace(redis.connection_string, f"${{{STRING}}}"))
        assert not files_with(repository, PASSWORD)
        secret = place.root / ".exai" / "secrets" / "feast" / "redis"
        secret.parent.mkdir(parents=True)
        secret.write_text(redis.connection_string)

        def up(on_missing: str, service: str = "everything") -> Any:
            more = {"transformer": looked_up(on_missing, service)}
            return bring_up(place.root, "iris", model, place.heard.append, more)

        outcome = up("error")
        assert outcome.result == "created", outcome
        url = outcome.detail
        datatypes = input_datatypes(url, "iris")
        assert dict(datatypes) == {"patient_id": "INT64", "factor": "FP64", "weight": "FP64"}
        expected = pytest.approx(fed.worth(20.0, 3, 4.0, 4.0, 0.5))
        for protocol in ("v1", "v2"):
            (answer,) = ask(url, "iris", rows, protocol)  # type: ignore[arg-type]
            assert answer["prediction"] == expected
        nobody = [rows[0], freeze(fed.row(fed.NOBODY))]
        with pytest.raises(Refusal, match=f"row 1: body .* patient_id {fed.NOBODY}") as refusal:
            ask(url, "iris", nobody, "v2")  # type: ignore[arg-type]
        assert "materialized" in refusal.value.hint
        first = ledger.read(place.paths.control).services["iris"]

        # Features that aren't there: the roll-out fails, and who serves goes on.
        failed = up("error", "something_else")
        assert failed.result == "failed"
        assert "no service something_else" in failed.detail
        assert ledger.read(place.paths.control).services["iris"] == first
        # Another answer to what is missing is another process on the same port.
        assert up("null").detail == url
        second = ledger.read(place.paths.control).services["iris"]
        assert second.process != first.process
        answers = ask(url, "iris", nobody, "v2")  # type: ignore[arg-type]
        assert answers[1]["prediction"] == pytest.approx(0.5)
        assert up("null").result in ("created", "updated")
        assert ledger.read(place.paths.control).services["iris"] == second

        redis.stop()
        wait_for(lambda: health(place, model)[0] == "failed")  # a second after the last answer
        assert readiness(url) == 503
        state, detail = health(place, model)
        assert state == "failed"
        assert "Redis" in detail
        redis.start()
        wait_for(lambda: readiness(url) == 200)
        assert health(place, model) == ("ready", "")
        kept = [path for path in files_with(place.root, PASSWORD) if path != secret]
        assert kept == []


def readiness(url: str) -> int:
    try:
        with urllib.request.urlopen(f"{url}/v2/health/ready", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def health(place: Place, model: Path) -> tuple[str, str]:
    with target(place.root) as reader:
        service = change("iris", model, {"transformer": looked_up("null")})
        (row,) = reader.health(holding(service))
    return row.state, row.detail
