"""What a field's declared effect promises of runs: a changed RETRAIN field asks for another run,
and one below it never does.

Every field of the kinds that a run comes from is walked, so a new one fails here until `CHANGES`
says how it can change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest
import yaml

from exai_compiler.facts import Facts, Lock
from exai_compiler.maybe import Known
from exai_compiler.project import link
from exai_compiler.resolve import resolve
from exai_runtime.workspace import component_catalog
from exai_specs.documents import read
from exai_specs.effects import Effect
from exai_specs.kinds import KINDS
from exai_specs.kinds.step import Step
from exai_specs.parse import Spec, parse

ROOT = Path(__file__).resolve().parents[3]
CATALOG = component_catalog()
COLLECTIONS = (tuple, Mapping)
PIPELINE = "Pipeline/iris-training"
TRAIN = ("spec", "steps", "train")

# What section 0 doesn't use: two more sources, and fields that change nothing by being there.
EXTENSION = """
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: roses}
spec:
  source: {csv: {path: data/roses.csv}}
  version: {fixed: "1"}
  schema: {petals: int64}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: tulips}
spec:
  source: {sql: {connection: warehouse, query: SELECT 1}}
  version: {query: SELECT max(petals) FROM tulips}
  schema: {petals: int64}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: lilies}
spec:
  source: {http: {url: "https://example.com/lilies.csv", sha256: SHA256}}
  schema: {petals: int64}
""".replace("SHA256", "a" * 64)
# Of section 5: a pipeline with features.
FEATURES = ("Dataset", "Entity", "FeatureView", "FeatureService")
MEADOW = """
apiVersion: exai.dev/v1alpha1
kind: Entity
metadata: {name: meadow}
spec: {type: string}
"""
# A view with a stream, which the features of the pipeline come from as well.
STREAMED = """
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata: {name: streamed}
spec:
  dataset: measurements
  entities: [flower]
  features: [petal_width]
  stream:
    kafka:
      name: flower_stream
      kafkaBootstrapServers: broker:9092
      topic: flowers
      messageFormat: {json: {schemaJson: flower_id bigint}}
  aggregations: [{column: width, function: max, timeWindow: 1h, name: petal_width}]
"""
OTHER_MODELS = """
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: files}
spec: {task: other, source: {uri: "s3://b/1", format: sklearn}}
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: elsewhere}
spec: {task: other, source: {registry: {name: fraud}}}
"""
MORE_STEPS: dict[str, Any] = {
    "roses": {"uses": "load-dataset", "with": {"dataset": "roses"}},
    "tulips": {"uses": "load-dataset", "with": {"dataset": "tulips"}},
    "lilies": {"uses": "load-dataset", "with": {"dataset": "lilies"}},
    "features": {
        "uses": "load-features",
        "with": {"data": "${{ steps.load.data }}", "features": "flower_features"},
    },
    "file": {"import": {"uri": "s3:file", "type": "Model"}},
    "box": {
        "image": "alpine:3.20",
        "command": ["sh"],
        "args": ["-c", {"ifPresent": "seed", "then": ["seed"], "else": ["none"]}],
        "outputs": {"rows": {"type": "Dataset", "columns": {"kind": {"type": "string"}}}},
        "with": {"seed": 1},
        "volumes": {
            "/secret": {"secret": "db"},
            "/map": {"configMap": "site"},
            "/pvc": {"pvc": "data"},
            "/claim": {"claim": "scratch"},
            "/dev/shm": {"memory": "1Gi"},  # noqa: S108 - of the container
            "/empty": {"emptyDir": {}},
            "/made": {"ephemeral": {"size": "1Gi", "storageClass": "slow"}},
        },
    },
    "notes": {"notebook": "notes.ipynb"},
    "own": {
        "python": "own.py:own",
        "image": "python:3.11",
        "pip": {
            "packages": ["six==1.17.0"],
            "indexUrls": ["https://pypi.example.com"],
            "trustedHosts": ["pypi.example.com"],
        },
    },
}
ALWAYS = "${{ parameters.ntrees > 0 }}"
WAY = {"roses-way": {"uses": "load-dataset", "with": {"dataset": "roses"}}}
ROSES_AGAIN = {"uses": "load-dataset", "with": {"dataset": "roses"}}
GROUP = ("spec", "steps", "several")
CHOICE = ("spec", "steps", "either")
MORE_STEPS |= {
    "several": {
        "forEach": {"in": ["a", "b"], "as": "letter", "parallelism": 2},
        "steps": {"roses-each": {"uses": "load-dataset", "with": {"dataset": "roses"}}},
        "outputs": {"data": "${{ steps.roses-each.data }}"},
    },
    "either": {"choose": [{"if": ALWAYS, "steps": WAY}]},
}
CRON = {"cron": "0 6 * * *", "timezone": "Europe/Berlin"}
DATASETS = ("iris", "roses", "tulips", "lilies", "flowers", "measurements")
ENV = {
    "LEVEL": "info",
    "TOKEN": {"secret": "db", "key": "token"},
    "REGION": {"configMap": "settings", "key": "region"},
    "POD": {"field": "metadata.name"},
}

# A field -> a document, the path of the field in it, and what it becomes.
Change = tuple[str, tuple[str | int, ...], Any]


def _resources(field: str, *base: str) -> dict[str, Change]:
    found: dict[str, Change] = {}
    for block, path in (("", ()), (".limits", ("limits",))):
        for name, key, value in (
            ("cpu", "cpu", 2),
            ("memory", "memory", "3Gi"),
            ("extended.*", "nvidia.com/gpu", 1),
        ):
            found[f"{field}{block}.{name}"] = (PIPELINE, (*base, *path, key), value)
    return found


def _retry(field: str, *base: str) -> dict[str, Change]:
    values = {"max": 5, "backoff": "1s", "factor": 3, "max_backoff": "2h"}
    return {
        f"{field}.{name}": (PIPELINE, (*base, "maxBackoff" if "_" in name else name), value)
        for name, value in values.items()
    }


def _env(field: str, *base: str) -> dict[str, Change]:
    return {
        f"{field}.*": (PIPELINE, (*base, "LEVEL"), "debug"),
        f"{field}.*.secret": (PIPELINE, (*base, "TOKEN", "secret"), "other"),
        f"{field}.*.optional": (PIPELINE, (*base, "TOKEN", "optional"), True),
        f"{field}.*.config_map": (PIPELINE, (*base, "REGION", "configMap"), "other"),
        f"{field}.*.key": (PIPELINE, (*base, "REGION", "key"), "other"),
        f"{field}.*.field": (PIPELINE, (*base, "POD", "field"), "metadata.uid"),
    }


def _made(field: str, *base: str) -> dict[str, Change]:
    """What a container runs and makes."""
    columns = (*base, "outputs", "rows", "columns", "kind")
    seed = {"ifPresent": "seed", "then": ["seed"], "else": ["none"]}
    return {
        f"{field}.command.*": (PIPELINE, (*base, "command"), ["bash"]),
        f"{field}.args.*": (PIPELINE, (*base, "args"), ["-c"]),
        f"{field}.args.*.if_present": (
            PIPELINE,
            (*base, "args"),
            ["-c", {**seed, "ifPresent": "other"}],
        ),
        f"{field}.args.*.then.*": (PIPELINE, (*base, "args"), ["-c", {**seed, "then": []}]),
        f"{field}.args.*.else_.*": (PIPELINE, (*base, "args"), ["-c", {**seed, "else": []}]),
        f"{field}.outputs.*": (PIPELINE, (*base, "outputs"), {"rows": "Dataset"}),
        f"{field}.outputs.*.type": (PIPELINE, (*base, "outputs"), {"rows": {"type": "Model"}}),
        f"{field}.outputs.*.columns.*.type": (PIPELINE, (*columns, "type"), "json"),
        f"{field}.outputs.*.columns.*.description": (PIPELINE, (*columns, "description"), "Which"),
        f"{field}.outputs.*.columns.*.enum.*": (PIPELINE, (*columns, "enum"), ["rose"]),
    }


def _pod(field: str, *base: str) -> dict[str, Change]:
    """What a step mounts, and how its pod is run."""

    def volume(name: str, at: str, path: str, value: Any) -> tuple[str, Change]:
        return f"{field}.volumes.*.{name}", (PIPELINE, (*base, "volumes", at), {path: value})

    def inside(name: str, at: str, path: str, inner: dict[str, Any]) -> tuple[str, Change]:
        return f"{field}.volumes.*.{name}", (PIPELINE, (*base, "volumes", at), {path: inner})

    made = {"size": "1Gi", "storageClass": "slow"}
    who = {"runAsUser": 1, "runAsGroup": 1, "runAsNonRoot": True}
    security = {
        f"{field}.security_context.{name}": (PIPELINE, (*base, "securityContext"), {key: who[key]})
        for name, key in (
            ("run_as_user", "runAsUser"),
            ("run_as_group", "runAsGroup"),
            ("run_as_non_root", "runAsNonRoot"),
        )
    }
    return {
        **dict(
            (
                volume("secret", "/secret", "secret", "other"),
                volume("config_map", "/map", "configMap", "other"),
                volume("pvc", "/pvc", "pvc", "other"),
                volume("claim", "/claim", "claim", "other"),
                volume("memory", "/dev/shm", "memory", "2Gi"),  # noqa: S108 - of the container
                inside("empty_dir.medium", "/empty", "emptyDir", {"medium": "Memory"}),
                inside("empty_dir.size", "/empty", "emptyDir", {"size": "1Gi"}),
                inside("ephemeral.size", "/made", "ephemeral", {**made, "size": "2Gi"}),
                inside("ephemeral.storage_class", "/made", "ephemeral", {"size": "1Gi"}),
                inside(
                    "ephemeral.access_modes.*",
                    "/made",
                    "ephemeral",
                    {**made, "accessModes": ["ReadWriteMany"]},
                ),
                inside("ephemeral.labels.*", "/made", "ephemeral", {**made, "labels": {"a": "b"}}),
                inside(
                    "ephemeral.annotations.*",
                    "/made",
                    "ephemeral",
                    {**made, "annotations": {"a": "b"}},
                ),
            )
        ),
        f"{field}.volumes.*.optional": (PIPELINE, (*base, "volumes", "/map", "optional"), True),
        f"{field}.volumes.*.sub_path": (PIPELINE, (*base, "volumes", "/pvc", "subPath"), "part"),
        f"{field}.image_pull_secrets.*.name": (
            PIPELINE,
            (*base, "imagePullSecrets"),
            [{"name": "registry"}],
        ),
        f"{field}.image_pull_policy": (PIPELINE, (*base, "imagePullPolicy"), "Always"),
        **security,
        f"{field}.pod_labels.*": (PIPELINE, (*base, "podLabels"), {"a": "b"}),
        **_near(f"{field}.kubernetes", *base, "kubernetes"),
        f"{field}.pod_annotations.*": (PIPELINE, (*base, "podAnnotations"), {"a": "b"}),
    }


def _near(field: str, *base: str) -> dict[str, Change]:
    found: dict[str, Change] = {}
    label = {"key": "k", "operator": "In", "values": ["v"]}
    pod = {"topologyKey": "zone"}
    node = {"matchFields": [{"key": "metadata.name", "operator": "Exists"}]}
    for name, key, more, lists in (
        ("node_affinity", "nodeAffinity", node, ("match_expressions", "match_fields")),
        (
            "pod_affinity",
            "podAffinity",
            pod,
            ("match_pod_expressions", "match_namespace_expressions"),
        ),
    ):
        terms: dict[str, dict[str, Any]] = {"weight": {"weight": 3}}
        for each in lists:
            first, *others = each.split("_")
            written = first + "".join(word.capitalize() for word in others)
            for part in label:
                terms[f"{each}.*.{part}" + (".*" if part == "values" else "")] = {written: [label]}
        if more is pod:
            terms |= {
                "topology_key": {"topologyKey": "host"},
                "namespaces.*": {"namespaces": ["ml"]},
                "match_pod_labels.*": {"matchPodLabels": {"a": "b"}},
                "match_namespace_labels.*": {"matchNamespaceLabels": {"a": "b"}},
                "anti": {"anti": True},
            }
        for part, term in terms.items():
            found[f"{field}.{name}.*.{part}"] = (PIPELINE, base, {key: [{**more, **term}]})
    return found


def _placement(field: str, *base: str) -> dict[str, Change]:
    toleration = {"key": "k", "operator": "Equal", "value": "v", "effect": "NoExecute"}
    values = {**toleration, "toleration_seconds": 3}
    return {
        f"{field}.node_selector.*": (PIPELINE, (*base, "nodeSelector"), {"a": "b"}),
        **{
            f"{field}.tolerations.*.{name}": (
                PIPELINE,
                (*base, "tolerations"),
                [{**toleration, "tolerationSeconds" if "_" in name else name: value}],
            )
            for name, value in values.items()
        },
    }


IRIS, COLUMN = "Dataset/iris", ("spec", "schema", "species")
LILIES = "Dataset/lilies"
PETALS, RATIOS = "FeatureView/petals", "FeatureView/ratios"
FLOWERS, VIEW = "FeatureService/flower_features", "FeatureView/streamed"
KAFKA = ("spec", "stream", "kafka")
PROTO = {"proto": {"classPath": "com.acme.Flower"}}


def _aggregated(**fields: str) -> Change:
    given = {"column": "width", "function": "max", "timeWindow": "1h", "name": "petal_width"}
    return (VIEW, ("spec", "aggregations"), [given | fields])


TRANSFORM = ("spec", "transform")
OWN = ("spec", "steps", "own")
BOX = ("spec", "steps", "box")
MODEL, FILES, ELSEWHERE = "Model/iris_model", "Model/files", "Model/elsewhere"
PARAMETER = ("spec", "parameters", "ntrees")
CHANGES: Mapping[str, Change] = {
    "Dataset.source.path": ("Dataset/roses", ("spec", "source", "csv", "path"), "data/other.csv"),
    "Dataset.source.connection": (IRIS, ("spec", "source", "sql", "connection"), "other"),
    "Dataset.source.table": (IRIS, ("spec", "source", "sql", "table"), "other"),
    "Dataset.source.query": ("Dataset/tulips", ("spec", "source", "sql", "query"), "SELECT 2"),
    "Dataset.source.url": (LILIES, ("spec", "source", "http", "url"), "https://example.com/l"),
    "Dataset.source.sha256": (LILIES, ("spec", "source", "http", "sha256"), "b" * 64),
    "Dataset.source.format": (LILIES, ("spec", "source", "http", "format"), "parquet"),
    "Dataset.key.*": (IRIS, ("spec", "key"), ["flower_id", "species"]),
    "Dataset.timestamp": (IRIS, ("spec", "timestamp"), "petal_width"),
    "Dataset.created": (IRIS, ("spec", "created"), "petal_width"),
    "Dataset.schema.*.type": (IRIS, ("spec", "schema", "petal_width", "type"), "float32"),
    "Dataset.schema.*.description": (IRIS, (*COLUMN, "description"), "Which iris"),
    "Dataset.schema.*.unit": (IRIS, ("spec", "schema", "petal_width", "unit"), "mm"),
    "Dataset.schema.*.enum.*": (IRIS, (*COLUMN, "enum"), ["setosa", "versicolor"]),
    "Dataset.schema.*.nullable": (IRIS, (*COLUMN, "nullable"), False),
    "Dataset.schema.*.pii": (IRIS, (*COLUMN, "pii"), True),
    "Dataset.schema.*.source": (IRIS, (*COLUMN, "source"), "kind"),
    "Dataset.quality.on_failure": (IRIS, ("spec", "quality", "onFailure"), "warn"),
    "Dataset.quality.expectations.*": (IRIS, ("spec", "quality", "expectations"), []),
    "Dataset.quality.schedule.cron": (IRIS, ("spec", "quality", "schedule"), CRON),
    "Dataset.quality.schedule.timezone": (IRIS, ("spec", "quality", "schedule"), CRON),
    # The data version that follows from these is a fact, and held still here.
    "Dataset.version": (IRIS, ("spec", "version"), "none"),
    "Dataset.version.query": ("Dataset/tulips", ("spec", "version", "query"), "SELECT 1"),
    "Dataset.version.fixed": ("Dataset/roses", ("spec", "version", "fixed"), "2"),
    "Entity.type": ("Entity/flower", ("spec", "type"), "string"),
    "Entity.key": ("Entity/flower", ("spec", "key"), "petal_length"),
    "FeatureView.dataset": (PETALS, ("spec", "dataset"), "flowers"),
    "FeatureView.entities.*": (PETALS, ("spec", "entities"), ["meadow"]),
    "FeatureView.features.*": (PETALS, ("spec", "features"), ["petal_length"]),
    "FeatureView.ttl": (PETALS, ("spec", "ttl"), "1d"),
    "FeatureView.online": (PETALS, ("spec", "online"), False),
    "FeatureView.offline": (PETALS, ("spec", "offline"), True),
    "FeatureView.push": (PETALS, ("spec", "push"), "other_push"),
    "FeatureView.materialize.on": (PETALS, ("spec", "materialize", "on"), "apply"),
    "FeatureView.materialize.every": (PETALS, ("spec", "materialize", "every"), "2h"),
    "FeatureView.materialize.timezone": (PETALS, ("spec", "materialize", "timezone"), "CET"),
    "FeatureView.schema.*": (RATIOS, ("spec", "schema", "petal_ratio"), "float32"),
    "FeatureView.transform.python": (RATIOS, (*TRANSFORM, "python"), "ratios.py:other"),
    "FeatureView.transform.mode": (RATIOS, (*TRANSFORM, "mode"), "python"),
    "FeatureView.transform.sources.*": (RATIOS, (*TRANSFORM, "sources"), []),
    "FeatureView.transform.request.name": (RATIOS, (*TRANSFORM, "request", "name"), "bid"),
    "FeatureView.transform.request.schema.*": (
        RATIOS,
        (*TRANSFORM, "request", "schema", "height"),
        "float32",
    ),
    "FeatureView.stream.name": (VIEW, (*KAFKA, "name"), "other"),
    "FeatureView.stream.kafka_bootstrap_servers": (VIEW, (*KAFKA, "kafkaBootstrapServers"), "b:1"),
    "FeatureView.stream.topic": (VIEW, (*KAFKA, "topic"), "other"),
    "FeatureView.stream.message_format.schema_json": (
        VIEW,
        (*KAFKA, "messageFormat", "json", "schemaJson"),
        "other int",
    ),
    "FeatureView.stream.message_format.class_path": (VIEW, (*KAFKA, "messageFormat"), PROTO),
    "FeatureView.stream.watermark_delay_threshold": (
        VIEW,
        (*KAFKA, "watermarkDelayThreshold"),
        "5m",
    ),
    "FeatureView.aggregations.*.column": _aggregated(column="other"),
    "FeatureView.aggregations.*.function": _aggregated(function="min"),
    "FeatureView.aggregations.*.time_window": _aggregated(timeWindow="2h"),
    "FeatureView.aggregations.*.slide_interval": _aggregated(slideInterval="1m"),
    "FeatureView.aggregations.*.name": (VIEW, ("spec", "aggregations"), []),
    "FeatureService.features.*": (FLOWERS, ("spec", "features"), ["petals"]),
    "FeatureService.logging.path": (FLOWERS, ("spec", "logging"), {"path": "logs"}),
    "FeatureService.logging.s3_endpoint_override": (
        FLOWERS,
        ("spec", "logging"),
        {"path": "logs", "s3EndpointOverride": "https://minio.example.com"},
    ),
    "FeatureService.logging.partition_by.*": (
        FLOWERS,
        ("spec", "logging"),
        {"path": "logs", "partitionBy": ["__log_date"]},
    ),
    "FeatureService.logging.sample_rate": (
        FLOWERS,
        ("spec", "logging"),
        {"path": "logs", "sampleRate": 0.5},
    ),
    "Pipeline.parameters.*.type": (PIPELINE, (*PARAMETER, "type"), "double"),
    "Pipeline.parameters.*.default": (PIPELINE, (*PARAMETER, "default"), 30),
    "Pipeline.parameters.*.optional": (PIPELINE, (*PARAMETER, "optional"), True),
    "Pipeline.parameters.*.description": (PIPELINE, (*PARAMETER, "description"), "How many"),
    "Pipeline.parameters.*.enum.*": (PIPELINE, (*PARAMETER, "enum"), [20, 30]),
    "Pipeline.artifacts.*": (PIPELINE, ("spec", "artifacts"), {"given": "Dataset"}),
    "Pipeline.steps.*.pipeline": (PIPELINE, ("spec", "steps", "call", "pipeline"), "other"),
    "Pipeline.steps.*.uses": (PIPELINE, (*TRAIN, "uses"), "train-other"),
    "Pipeline.steps.*.python": (PIPELINE, (*OWN, "python"), "own.py:other"),
    "Pipeline.steps.*.image": (PIPELINE, (*OWN, "image"), "python:3.12"),
    "Pipeline.steps.*.notebook": (PIPELINE, ("spec", "steps", "notes", "notebook"), "other.ipynb"),
    "Pipeline.steps.*.embed": (PIPELINE, (*OWN, "embed"), "other"),
    "Pipeline.steps.*.pip.packages.*": (PIPELINE, (*OWN, "pip", "packages"), ["six==1.16.0"]),
    "Pipeline.steps.*.pip.index_urls.*": (PIPELINE, (*OWN, "pip", "indexUrls"), []),
    "Pipeline.steps.*.pip.venv": (PIPELINE, (*OWN, "pip", "venv"), True),
    "Pipeline.steps.*.pip.trusted_hosts.*": (PIPELINE, (*OWN, "pip", "trustedHosts"), []),
    **{
        f"Pipeline.steps.*.import_.{name}": (PIPELINE, ("spec", "steps", "file", "import"), value)
        for name, value in {
            "uri": {"uri": "s3:other", "type": "Model"},
            "type": {"uri": "s3:file", "type": "Dataset"},
            "metadata.*": {"uri": "s3:file", "type": "Model", "metadata": {"a": 1}},
            "reimport": {"uri": "s3:file", "type": "Model", "reimport": True},
            "to_workspace": {"uri": "s3:file", "type": "Model", "toWorkspace": True},
        }.items()
    },
    **_made("Pipeline.steps.*", *BOX),
    **_pod("Pipeline.steps.*", *BOX),
    **_placement("Pipeline.steps.*", *TRAIN),
    **_placement("Pipeline.defaults", "spec", "defaults"),
    "Pipeline.steps.*.with_.*": (PIPELINE, (*TRAIN, "with", "seed"), 43),
    "Pipeline.steps.*.after.*": (PIPELINE, (*TRAIN, "after"), ["roses"]),
    **_retry("Pipeline.steps.*.retry", *TRAIN, "retry"),
    **_resources("Pipeline.steps.*.resources", *TRAIN, "resources"),
    **_env("Pipeline.steps.*.env", *TRAIN, "env"),
    "Pipeline.steps.*.if_": (PIPELINE, (*TRAIN, "if"), "${{ parameters.ntrees > 3 }}"),
    "Pipeline.steps.*.for_each.in_": (PIPELINE, (*TRAIN, "forEach"), {"in": [1, 2]}),
    "Pipeline.steps.*.for_each.as_": (PIPELINE, (*GROUP, "forEach", "as"), "other"),
    "Pipeline.steps.*.for_each.parallelism": (PIPELINE, (*GROUP, "forEach", "parallelism"), 1),
    "Pipeline.steps.*.ignore_upstream_failure": (
        PIPELINE,
        (*TRAIN, "ignoreUpstreamFailure"),
        True,
    ),
    "Pipeline.steps.*.steps.*": (PIPELINE, (*GROUP, "steps", "roses-again"), ROSES_AGAIN),
    "Pipeline.steps.*.outputs.*": (PIPELINE, (*GROUP, "outputs"), {}),
    "Pipeline.steps.*.choose.*.if_": (PIPELINE, (*CHOICE, "choose"), [{"steps": WAY}]),
    "Pipeline.steps.*.choose.*.steps.*": (
        PIPELINE,
        (*CHOICE, "choose"),
        [{"if": ALWAYS, "steps": {**WAY, "roses-again": ROSES_AGAIN}}],
    ),
    "Pipeline.steps.*.choose.*.outputs.*": (
        PIPELINE,
        (*CHOICE, "choose"),
        [{"if": ALWAYS, "steps": WAY, "outputs": {"data": "${{ steps.roses-way.data }}"}}],
    ),
    "Pipeline.finally_": (PIPELINE, ("spec", "finally"), ROSES_AGAIN),
    "Pipeline.outputs.*": (PIPELINE, ("spec", "outputs"), {"model": "${{ steps.train.model }}"}),
    "Pipeline.steps.*.timeout": (PIPELINE, (*TRAIN, "timeout"), "1h"),
    "Pipeline.steps.*.cache.key": (PIPELINE, (*TRAIN, "cache"), {"key": "k"}),
    "Pipeline.steps.*.cache": (PIPELINE, (*TRAIN, "cache"), False),
    "Pipeline.steps.*.display_name": (PIPELINE, (*TRAIN, "displayName"), "Train"),
    "Pipeline.experiment": (PIPELINE, ("spec", "experiment"), "other"),
    "Pipeline.run.on.*": (PIPELINE, ("spec", "run", "on"), ["data"]),
    "Pipeline.run.generation": (PIPELINE, ("spec", "run", "generation"), 1),
    **_env("Pipeline.defaults.env", "spec", "defaults", "env"),
    **_resources("Pipeline.defaults.resources", "spec", "defaults", "resources"),
    **_retry("Pipeline.defaults.retry", "spec", "defaults", "retry"),
    "Pipeline.defaults.image": (PIPELINE, ("spec", "defaults", "image"), "python:3.12"),
    "Pipeline.defaults.cache": (PIPELINE, ("spec", "defaults", "cache"), False),
    **{
        f"Pipeline.schedules.*.{name}": (PIPELINE, ("spec", "schedules"), {"a": schedule})
        for name, schedule in {
            "cron": {"cron": "0 2 * * *"},
            "every": {"every": "1h"},
            "timezone": {"cron": "0 2 * * *", "timezone": "UTC"},
            "parameters.*": {"every": "1h", "parameters": {"ntrees": 50}},
            "start": {"every": "1h", "start": "2026-10-01T00:00:00Z"},
            "end": {"every": "1h", "end": "2026-10-01T00:00:00Z"},
            "concurrency": {"every": "1h", "concurrency": 2},
            "catchup": {"every": "1h", "catchup": True},
            "enabled": {"every": "1h", "enabled": False},
        }.items()
    },
    **{
        f"Pipeline.workspace.{name}": (PIPELINE, ("spec", "workspace"), {"size": "1Gi", **more})
        for name, more in {
            "size": {},
            "storage_class": {"storageClass": "fast"},
            "access_modes.*": {"accessModes": ["ReadWriteMany"]},
        }.items()
    },
    **{
        f"Pipeline.claims.*.{name}": (
            PIPELINE,
            ("spec", "claims"),
            {"scratch": {"size": "1Gi", "storageClass": "fast", **more}},
        )
        for name, more in {
            "size": {},
            "storage_class": {},
            "access_modes.*": {"accessModes": ["ReadWriteMany"]},
            "annotations.*": {"annotations": {"a": "b"}},
            "keep": {"keep": True},
        }.items()
    },
    "Pipeline.ttl.completion": (PIPELINE, ("spec", "ttl"), "1d"),
    "Pipeline.ttl.success": (PIPELINE, ("spec", "ttl"), {"success": "1d"}),
    "Pipeline.ttl.failure": (PIPELINE, ("spec", "ttl"), {"failure": "1d"}),
    "Pipeline.timeout": (PIPELINE, ("spec", "timeout"), "1d"),
    "Pipeline.service_account": (PIPELINE, ("spec", "serviceAccount"), "runner"),
    "Model.task": (MODEL, ("spec", "task"), "regression"),
    "Model.source.uri": (FILES, ("spec", "source", "uri"), "s3://b/2"),
    "Model.source.format": (FILES, ("spec", "source", "format"), "xgboost"),
    "Model.source.format_version": (FILES, ("spec", "source", "formatVersion"), "2"),
    "Model.source.digest": (FILES, ("spec", "source", "digest"), "b" * 64),
    "Model.source.registry.name": (ELSEWHERE, ("spec", "source", "registry", "name"), "other"),
    "Model.signature.inputs.*": (MODEL, ("spec", "signature", "inputs"), {"petals": "int64"}),
    "Model.signature.outputs.*": (MODEL, ("spec", "signature", "outputs"), {"kind": "string"}),
    "Model.signature.features": (MODEL, ("spec", "signature", "features"), "other"),
    "Model.gates.*.min": (MODEL, ("spec", "gates", "accuracy", "min"), 0.8),
    "Model.gates.*.max": (MODEL, ("spec", "gates", "accuracy", "max"), 1),
    "Model.gates.*.no_worse_than": (MODEL, ("spec", "gates", "logloss"), {"max": 1}),
    "Model.gates.*.tolerance": (MODEL, ("spec", "gates", "logloss", "tolerance"), 0.02),
    "Model.keep": (MODEL, ("spec", "keep"), 10),
    "Model.aliases.*.promote": (MODEL, ("spec", "aliases", "champion", "promote"), "manual"),
}


def fields_of(hint: Any, path: str, bound: Effect) -> Iterator[tuple[str, Effect]]:
    """Every innermost field below a type, with its effect: what holds a field bounds it."""
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    below = [one for one in _parts(hint) if _is_spec(one)]
    # Groups hold steps again, and so does `finally`: they mean the same there.
    if Step in below and path != "Pipeline.steps.*":
        below = []
    for one in below:
        for name, inner in get_type_hints(one, include_extras=True).items():
            effect = min(bound, next(n for n in get_args(inner)[1:] if isinstance(n, Effect)))
            yield from fields_of(inner, f"{path}.{name}", effect)
    if isinstance(get_origin(hint), type) and issubclass(get_origin(hint), tuple | Mapping):
        item = get_args(hint)[0 if get_origin(hint) is tuple else 1]
        yield from fields_of(item, f"{path}.*", bound)
    elif collected := [one for one in _parts(hint) if get_origin(one) in COLLECTIONS]:
        yield from fields_of(collected[0], path, bound)
    elif len(below) < len([one for one in _parts(hint) if one is not type(None)]):
        yield path, bound


def _parts(hint: Any) -> Iterator[Any]:
    """The members of a union, without what is annotated on them."""
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) in (Union, UnionType):
        for one in get_args(hint):
            yield from _parts(one)
    else:
        yield hint


def _is_spec(hint: Any) -> bool:
    return is_dataclass(hint) and hasattr(hint, "__pydantic_config__")


EFFECTS = dict(
    field
    for kind in ("Dataset", "Entity", "FeatureView", "FeatureService", "Pipeline", "Model")
    for field in fields_of(KINDS[kind].spec, kind, Effect.BREAKING)
)


@cache
def base() -> dict[str, Any]:
    text = (ROOT / "tests/language_section_0.yaml").read_text() + "---" + EXTENSION
    features = (ROOT / "tests/language_section_5.yaml").read_text()
    documents = [
        *yaml.safe_load_all(text),
        *(d for d in yaml.safe_load_all(features) if d["kind"] in FEATURES),
        yaml.safe_load(MEADOW),
        yaml.safe_load(STREAMED),
        *yaml.safe_load_all(OTHER_MODELS),
        *map(_called, ("inner", "other")),
    ]
    found = {f"{d['kind']}/{d['metadata']['name']}": d for d in documents}
    materialize = found[PETALS]["spec"]["materialize"]
    materialize["on"] = materialize.pop(True)
    found[FLOWERS]["spec"]["features"].append("streamed")
    pipeline = found[PIPELINE]["spec"]
    pipeline["steps"] |= {**MORE_STEPS, "call": {"pipeline": "inner"}}
    pipeline["steps"]["train"]["env"] = ENV
    pipeline["run"] = {"on": ["spec", "data"]}  # YAML 1.1 reads `on` as true
    pipeline["defaults"] = {"env": ENV, "retry": {"max": 2}}
    found[MODEL]["spec"]["signature"] = {
        "inputs": {"petal_width": "float64"},
        "outputs": {"species": "string"},
        "features": "flowers",
    }
    schema = found[IRIS]["spec"]["schema"]
    schema["petal_width"] = {"type": "float64", "unit": "cm"}
    return found


def _called(name: str) -> dict[str, Any]:
    """A pipeline that is a step of the other one."""
    return {
        "apiVersion": "exai.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": {"steps": {"say": {"python": "own.py:say", "with": {"text": name}}}},
    }


def run_key(*changes: Change) -> str:
    documents = deepcopy(base())
    for document, path, value in changes:
        block = documents[document]
        for part in path[:-1]:
            block = block.setdefault(part, {})
        block[path[-1]] = value
    specs: list[Spec] = []
    # A copy of each, for YAML's own references aren't in the language.
    text = "---\n".join(yaml.safe_dump(deepcopy(d)) for d in documents.values())
    found, problems = read(text, "exai.yaml")
    assert problems == ()
    for one in found:
        spec = parse(one)
        assert isinstance(spec, Spec), spec
        specs.append(spec)
    project = link(specs)
    assert project is not None
    environment = project.environment("local")
    assert environment is not None
    facts = Facts(data={name: Known("d1") for name in DATASETS})
    runs = resolve(project, "local", environment, CATALOG, Lock(), facts).runs
    # Without one it isn't run by itself.
    return next((run.key for run in runs if str(run.pipeline) == PIPELINE), "")


def test_every_field_has_a_change() -> None:
    assert set(EFFECTS) == set(CHANGES)


@pytest.mark.parametrize("field", sorted(EFFECTS))
def test_the_run_key_changes_with_what_retrains_alone(field: str) -> None:
    changed = run_key(CHANGES[field]) != run_key()
    assert changed is (EFFECTS[field] >= Effect.RETRAIN)
