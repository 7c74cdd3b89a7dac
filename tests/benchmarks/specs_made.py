"""A large project, made: what teams would write, in as many files as asked for.

    python tests/benchmarks/specs_made.py FOLDER FILES

One spec a file: a seventh each is a Dataset, an Entity, a FeatureView, a FeatureService, a Pipeline
of seven steps, a Model and a Service, which refer to each other; `exai.yaml` comes on top. The same
number gives the same bytes. The specs have no warning.
"""

from __future__ import annotations

import sys
from pathlib import Path

KINDS = 7
TEAMS = 40
COLUMNS = (
    ("age", "int64", "unit: years, description: Age at the time of the event"),
    ("income", "float64", "unit: EUR, description: Yearly income before taxes"),
    ("visits", "int64", "description: Visits within the last thirty days"),
    ("basket", "float64", "unit: EUR, description: Mean value of a basket"),
    ("region", "string", "enum: [north, east, south, west]"),
    ("channel", "string", "enum: [web, shop, phone]"),
    ("score", "float64", "description: What the older model said"),
    ("tenure", "float64", "unit: months"),
    ("returns", "int64", "description: Parcels that came back"),
    ("discount", "float64", "unit: percent"),
)

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: large-platform, owner: platform-team}
spec:
  exai: ">=0.1"
  specs: [specs/]
  environments:
    local: {target: local}
    prod:
      target: kubeflow
      namespace: ml-prod
      serving: {mode: Knative}
      tracking: {uri: "https://mlflow.example.com"}
      features:
        registry: {registry_type: sql, path: {secret: feast, key: registry}}
        online_store: {type: redis, connection_string: {secret: feast, key: redis}}
      monitoring: {podMonitor: true}
      data: {root: s3://acme-ml/data}
      models: {store: s3://acme-ml/models}
      images: {train: "ghcr.io/acme/exai-train@sha256:%(digest)s", serve: "ghcr.io/acme/exai-serve@sha256:%(digest)s"}
""" % {"digest": "0" * 64}  # noqa: UP031 - YAML has braces of its own

DATASET = """\
# Owned by team {team}; rows come from the warehouse every night.
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata:
  name: events_{i}
  owner: team-{team}
  description: Events of product {i}, one row a customer and day
  labels: {{domain: sales, tier: "{tier}"}}
spec:
  source: {{parquet: {{path: data/team_{team}/events_{i}.parquet}}}}
  key: [customer_id, happened_at]
  timestamp: happened_at
  schema:
    customer_id: int64
    happened_at: timestamp
{schema}
    bought: {{type: string, enum: ["yes", "no"], description: Whether the offer was taken}}
  quality:
    onFailure: block
    expectations:
      - expect_table_row_count_to_be_between: {{min_value: 100}}
      - expect_column_values_to_not_be_null: {{column: customer_id}}
      - expect_column_values_to_be_between: {{column: {first}, min_value: 0, max_value: 1000000}}
"""

ENTITY = """\
apiVersion: exai.dev/v1alpha1
kind: Entity
metadata: {{name: customer_{i}, owner: team-{team}}}
spec: {{type: int64, key: customer_id}}
"""

VIEW = """\
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata:
  name: behaviour_{i}
  owner: team-{team}
  description: What customers of product {i} did last
spec:
  dataset: events_{i}
  entities: [customer_{i}]
  features: [{features}]
  ttl: 30d
"""

OFFERS = """\
apiVersion: exai.dev/v1alpha1
kind: FeatureService
metadata: {{name: offers_{i}, owner: team-{team}}}
spec:
  features: [behaviour_{i}]
"""

PIPELINE = """\
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {{name: train-{i}, owner: team-{team}, description: Trains the offer model of product {i}}}
spec:
  experiment: offers-{team}
  parameters:
    ntrees: {{type: integer, default: {trees}}}
  steps:
    load:
      uses: load-dataset
      with: {{dataset: events_{i}}}
    check:
      uses: validate-dataset
      with:
        dataset: events_{i}
        data: ${{{{ steps.load.data }}}}
    features:
      uses: load-features
      with:
        data: ${{{{ steps.check.data }}}}
        features: offers_{other}
    split:
      uses: split-data
      with:
        data: ${{{{ steps.features.data }}}}
        test: 0.2
        stratify: bought
        seed: 42
    train:
      uses: train-h2o
      with:
        data: ${{{{ steps.split.train }}}}
        algorithm: gbm
        target: bought
        features: [{features}, {others}]
        parameters:
          ntrees: ${{{{ parameters.ntrees }}}}
          max_depth: {depth}
          learn_rate: 0.1
        seed: 42
      resources: {{cpu: 1, memory: 2Gi}}
      retry: {{max: 2, backoff: 30s}}
    evaluate:
      uses: evaluate-model
      with:
        model: ${{{{ steps.train.model }}}}
        data: ${{{{ steps.split.test }}}}
    register:
      uses: register-model
      with:
        model: ${{{{ steps.train.model }}}}
        metrics: ${{{{ steps.evaluate.metrics }}}}
        as: offer_{i}
"""

MODEL = """\
apiVersion: exai.dev/v1alpha1
kind: Model
metadata:
  name: offer_{i}
  owner: team-{team}
  description: Whether a customer takes the offer of product {i}
spec:
  task: classification
  gates:
    accuracy: {{min: 0.{gate}}}
    logloss: {{noWorseThan: champion, tolerance: 0.01}}
  aliases:
    champion: {{promote: auto}}
"""

SERVICE = """\
apiVersion: exai.dev/v1alpha1
kind: Service
metadata:
  name: offer-{i}
  owner: team-{team}
  labels: {{domain: sales, tier: "{tier}"}}
spec:
  model: offer_{i}@champion
  features: offers_{other}
  protocol: v2
  replicas: {{min: 1, max: {replicas}}}
  autoscale: {{metric: concurrency, target: 10}}
  resources: {{cpu: 1, memory: 1Gi}}
  timeout: 30s
  slo:
    latency: {{p99: 100ms}}
    errorRate: 1%
"""


def files(count: int) -> dict[str, str]:
    """`count` files by their path, besides exai.yaml; rounded down to whole sets of seven."""
    found = {"exai.yaml": PROJECT}
    sets = count // KINDS
    for i in range(sets):
        # A model is trained on columns of its own dataset and on features of its neighbour's.
        other = i ^ 1 if i ^ 1 < sets else i - 1
        columns = _columns(i)
        values = {
            "i": i,
            "other": other,
            "team": i % TEAMS,
            "tier": i % 3,
            "schema": "\n".join(f"    {n}: {{type: {t}, {rest}}}" for n, t, rest in columns),
            "first": next(n for n, t, _ in columns if t != "string"),
            "features": ", ".join(n for n, _, _ in columns),
            "others": ", ".join(n for n, _, _ in _columns(other)),
            "trees": 20 + i % 30,
            "depth": 3 + i % 5,
            "gate": 70 + i % 25,
            "replicas": 1 + i % 4,
        }
        folder = f"specs/team_{i % TEAMS}"
        found[f"{folder}/dataset_{i}.yaml"] = DATASET.format(**values)
        found[f"{folder}/entity_{i}.yaml"] = ENTITY.format(**values)
        found[f"{folder}/view_{i}.yaml"] = VIEW.format(**values)
        found[f"{folder}/features_{i}.yaml"] = OFFERS.format(**values)
        found[f"{folder}/pipeline_{i}.yaml"] = PIPELINE.format(**values)
        found[f"{folder}/model_{i}.yaml"] = MODEL.format(**values)
        found[f"{folder}/service_{i}.yaml"] = SERVICE.format(**values)
    return found


def _columns(i: int) -> list[tuple[str, str, str]]:
    """Four to eight; those of neighbours have different names."""
    chosen = [COLUMNS[(i + n) % len(COLUMNS)] for n in range(4 + i % 5)]
    return [(f"{name}_{'ab'[i % 2]}", kind, rest) for name, kind, rest in chosen]


def make(folder: Path, count: int) -> None:
    """Writes them."""
    for path, text in files(count).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
