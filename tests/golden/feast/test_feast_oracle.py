"""The oracle: Feast itself plans the golden repository, applies it, and has nothing to add.

What its registry holds afterwards equals what the same definitions come to when they are written by
hand, in Feast's own words. Left out of the comparison is only when something was created.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.checks.transforms import has_no_sample
from exai_compiler.features import files_of
from exai_compiler.features.naming import FEAST_TYPES
from exai_specs.types import parse_column_type

pytestmark = pytest.mark.slow

FEAST = Path(sys.executable).with_name("feast")
HERE = Path(__file__).parent
TAGS = {"team": "garden"}


def feast(folder: Path, *words: str) -> str:
    """Feast's command line in the repository; what it prints."""
    done = subprocess.run(
        [FEAST, *words],
        cwd=folder,
        env={**os.environ, "FEAST_USAGE": "False", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def repository(
    tmp_path_factory: pytest.TempPathFactory, specs: Callable[[str, str], Mapping[str, Any]]
) -> Path:
    """The golden repository of the local environment, with data."""
    import pandas as pd

    folder = tmp_path_factory.mktemp("feast") / "repository"
    for path, text in files_of(specs("flowers", "local")).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "data").mkdir()
    at = pd.to_datetime(["2026-01-01"], utc=True)
    sizes = {"flower_id": [7], "measured_at": at, "written_at": at}
    frame = pd.DataFrame({**sizes, "petal_length": [4.0], "petal_width": [2.0]})
    frame.to_parquet(folder / "data/measurements.parquet")
    pd.DataFrame({"flower_id": [7], "seen_at": at, "hue": [1]}).to_parquet(
        folder / "data/colours.parquet"
    )
    return folder


@pytest.fixture(scope="module")
def planned(repository: Path) -> tuple[str, str]:
    """What Feast plans before and after it applies the repository."""
    first = feast(repository, "plan", "--skip-source-validation")
    feast(repository, "apply", "--skip-source-validation")
    return first, feast(repository, "plan", "--skip-source-validation")


@pytest.fixture(scope="module")
def store(repository: Path, planned: tuple[str, str]) -> Any:
    """The applied repository's store."""
    assert planned
    from feast import FeatureStore
    from feast.repo_config import load_repo_config

    config = load_repo_config(repository, repository / "feature_store.yaml")
    config.registry.path = f"sqlite:///{(repository / '../registry.db').resolve()}"
    sys.path.append(str(repository))
    try:
        yield FeatureStore(config=config)
    finally:
        sys.path.remove(str(repository))


def test_feast_plans_it_all_and_then_nothing(planned: tuple[str, str]) -> None:
    first, second = planned
    for thing in (
        "entity class",
        "feature view measurements",
        "feature view import",
        "stream feature view visits",
        "stream feature view visitors",
        "on demand feature view ratios",
        "on demand feature view greeting",
        "feature service flower_features",
        "feature service words",
    ):
        assert f"Created {thing}\n" in first
    # Feast's StreamFormat has no __eq__ (feast/data_format.py), so whatever has a stream differs
    # from itself; what the registry holds of it is compared below.
    changed = re.findall("^(?:Created|Updated|Deleted) (.*)$", second, re.MULTILINE)
    assert sorted(changed) == ["stream feature view visitors", "stream feature view visits"]
    assert "No changes to infrastructure" in second


def by_hand() -> Mapping[str, Any]:
    """The case's definitions as somebody would write them for Feast, functions apart."""
    from feast import (
        Entity,
        FeatureView,
        Field,
        FileSource,
        KafkaSource,
        PushSource,
        RequestSource,
        ValueType,
    )
    from feast import types as t
    from feast.aggregation import Aggregation
    from feast.data_format import JsonFormat, ParquetFormat, ProtoFormat
    from feast.stream_feature_view import StreamFeatureView

    flower = Entity(
        name="class",
        join_keys=["flower_id"],
        value_type=ValueType.INT64,
        description="A flower",
        tags=TAGS,
        owner="data-team",
    )
    key = Field(name="flower_id", dtype=t.Int64)
    measurements = FileSource(
        name="measurements",
        path="data/measurements.parquet",
        file_format=ParquetFormat(),
        timestamp_field="measured_at",
        created_timestamp_column="written_at",
    )
    colours = FileSource(
        name="colours",
        path="data/colours.parquet",
        file_format=ParquetFormat(),
        timestamp_field="seen_at",
    )
    pushed = PushSource(name="measured_now", batch_source=measurements)
    columns = {
        "hue": t.Int32,
        "names": t.Array(t.String),
        "shades": t.Struct({"light": t.Float32, "dark": t.Float32}),
        "notes": t.Map,
        "day": t.UnixTimestamp,
        "price": t.Decimal,
        "raw": t.Bytes,
        "extra": t.Json,
        "tag": t.Uuid,
        "wild": t.Bool,
    }
    said = 'From the stem\'s end, "$HOME" and all'
    views = [
        FeatureView(
            name="measurements",
            source=pushed,
            entities=[flower],
            schema=[
                key,
                Field(name="petal_length", dtype=t.Float64, description=said),
                Field(name="petal_width", dtype=t.Float64),
            ],
            ttl=timedelta(days=1, hours=12),
            offline=True,
            description="Sizes",
            tags={**TAGS, "tier": "gold"},
            owner="data-team",
        ),
        FeatureView(
            name="import",
            source=colours,
            entities=[flower],
            schema=[key, *(Field(name=name, dtype=dtype) for name, dtype in columns.items())],
            ttl=timedelta(seconds=1.5),
            online=False,
            owner="data-team",
        ),
    ]
    visits = FileSource(
        name="visits",
        path="data/visits.parquet",
        file_format=ParquetFormat(),
        timestamp_field="visited_at",
        created_timestamp_column="written_at",
    )
    streams = [
        KafkaSource(
            name="visits_stream",
            timestamp_field="visited_at",
            created_timestamp_column="written_at",
            message_format=JsonFormat('flower_id bigint, bees int, text string COMMENT "it\'s"'),
            kafka_bootstrap_servers="broker-1:9092,broker-2:9092",
            topic="bees.visits",
            batch_source=visits,
            watermark_delay_threshold=timedelta(seconds=60.5),
        ),
        KafkaSource(
            name="visitors_stream",
            timestamp_field="visited_at",
            created_timestamp_column="written_at",
            message_format=ProtoFormat("com.acme.Visitor"),
            kafka_bootstrap_servers="broker-1:9092",
            topic="visitors",
            batch_source=visits,
        ),
    ]
    streamed = [
        StreamFeatureView(
            name="visits",
            source=streams[0],
            entities=[flower],
            schema=[
                key,
                Field(name="sum_bees_3600s", dtype=t.Int64),
                Field(name="bees", dtype=t.Float64),
            ],
            description="Bees as they come",
            owner="data-team",
            timestamp_field="visited_at",
            aggregations=[
                Aggregation("bees", "sum", timedelta(hours=1)),
                Aggregation("bees", "mean", timedelta(days=1), timedelta(minutes=10), "bees"),
            ],
        ),
        StreamFeatureView(
            name="visitors",
            source=streams[1],
            entities=[flower],
            schema=[key, Field(name="colour", dtype=t.String)],
            owner="data-team",
        ),
    ]
    requests = [
        RequestSource(
            name="asked",
            schema=[
                Field(name="scale", dtype=t.Float64),
                Field(name="colours", dtype=t.Array(t.String)),
            ],
        ),
        RequestSource(name="guest", schema=[Field(name="guest", dtype=t.String)]),
    ]
    return {
        "entities": [
            flower,
            Entity(name="meadow", join_keys=["meadow_id"], value_type=ValueType.STRING),
        ],
        "feature_views": views,
        "stream_feature_views": streamed,
        "data_sources": [measurements, colours, pushed, visits, *streams, *requests],
    }


def bare(thing: Any, project: str) -> Any:
    """The thing's proto, without times and without what only a registry fills in."""
    proto = thing.to_proto()
    spec = proto.spec if hasattr(proto, "spec") else proto
    spec.project = project
    _forget_times(spec)
    return spec


def _forget_times(message: Any) -> None:
    for field, value in message.ListFields():
        if field.name in ("meta", "created_timestamp", "last_updated_timestamp"):
            message.ClearField(field.name)
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for each in value if field.is_repeated else [value]:
                _forget_times(each)


@pytest.mark.parametrize(
    "part", ["entities", "feature_views", "stream_feature_views", "data_sources"]
)
def test_the_registry_holds_what_hands_would_write(store: Any, part: str) -> None:
    applied = {thing.name: bare(thing, "flower_shop") for thing in getattr(store, f"list_{part}")()}
    wanted = {thing.name: bare(thing, "flower_shop") for thing in by_hand()[part]}
    assert applied.keys() == wanted.keys()
    for name, proto in wanted.items():
        assert applied[name] == proto, name


def test_services_take_the_features_that_they_name(store: Any) -> None:
    from feast.feature_logging import LoggingConfig
    from feast.infra.offline_stores.file_source import FileLoggingDestination

    found = {
        service.name: [
            f"{projection.name}:{feature.name}"
            for projection in service.feature_view_projections
            for feature in projection.features
        ]
        for service in store.list_feature_services()
    }
    assert found == {
        "flower_features": [
            "measurements:petal_width",
            "measurements:petal_length",
            "ratios:petal_ratio",
            "ratios:scaled",
            "import:hue",
            "visits:bees",
        ],
        "words": ["greeting:words"],
        "by_hand": ["measurements:petal_width"],
    }
    assert (
        store.get_feature_service("words").logging_config.to_proto()
        == LoggingConfig(
            FileLoggingDestination(path="logs/words", partition_by=["__log_date"]), 0.25
        ).to_proto()
    )
    service = store.get_feature_service("flower_features")
    assert (service.description, service.tags, service.owner) == (
        "For the model",
        TAGS,
        "data-team",
    )


def test_the_users_functions_run_from_the_registry(store: Any) -> None:
    import pandas as pd

    ratios = store.get_on_demand_feature_view("ratios")
    assert sorted(ratios.source_feature_view_projections) == ["measurements"]
    assert list(ratios.source_request_sources) == ["asked"]
    asked = pd.DataFrame({"petal_length": [5.08], "petal_width": [2.0], "scale": [3.0]})
    made = ratios.feature_transformation.udf(asked)
    assert made.to_dict("list") == {"petal_ratio": [2.54], "scaled": [6.0]}
    greeting = store.get_on_demand_feature_view("greeting")
    assert greeting.mode == "python"
    assert greeting.feature_transformation.udf({"guest": ["you"]}) == {"words": ["Hello, you"]}


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_feast_reads_the_stores_of_other_environments(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is connected to; the secrets have what YAML would trip over."""
    from feast.repo_config import load_repo_config

    awkward = 'a: "b" #c\\{{d}}'
    monkeypatch.setenv("EXAI_FEATURES_OFFLINE_STORE_PASSWORD", awkward)
    monkeypatch.setenv("EXAI_FEATURES_ONLINE_STORE_CONNECTION_STRING", f"r:6379,password={awkward}")
    monkeypatch.setenv("EXAI_FEATURES_REGISTRY_PATH", "postgresql+psycopg://u:1@h/feast")
    config = load_repo_config(tmp_path, HERE / "flowers" / name / "feature_store.yaml")
    assert config.offline_store.type == "postgres"
    assert (config.offline_store.host, config.offline_store.port) == (f"db.{name}", 5432)
    assert config.offline_store.password == awkward
    assert config.online_store.type == "redis"
    if name == "prod":
        assert config.project == "flowers"
        assert config.online_store.connection_string == f"r:6379,password={awkward}"
        assert config.registry.path == "postgresql+psycopg://u:1@h/feast"
        assert config.registry.cache_ttl_seconds == 60


def test_what_feast_has_no_sample_of_is_what_the_check_says() -> None:
    """Every type of a column, as the one input of a function beside none."""
    from feast import Field, RequestSource, types
    from feast.on_demand_feature_view import OnDemandFeatureView

    plain = {exais: getattr(types, feasts) for exais, feasts in FEAST_TYPES.items()}
    forms: list[tuple[Any, Any]] = list(plain.items())
    forms += [({"list": name}, types.Array(dtype)) for name, dtype in plain.items()]
    forms += [
        ({"map": "string"}, types.Map),
        ({"struct": {"k": "string"}}, types.Struct({"k": types.String})),
        ({"list": {"list": "string"}}, types.Array(types.Array(types.String))),
    ]

    def is_tried(dtype: Any) -> bool:
        view = OnDemandFeatureView(
            name="v",
            sources=[RequestSource(name="r", schema=[Field(name="x", dtype=dtype)])],
            schema=[Field(name="o", dtype=types.Float64)],
            udf=lambda inputs: {"o": [1.0 for _ in inputs]},
            udf_string="one",
            mode="python",
        )
        try:
            view.infer_features()
        except ValueError:
            return False
        return True

    for form, dtype in forms:
        assert is_tried(dtype) != has_no_sample(parse_column_type(form)), form
