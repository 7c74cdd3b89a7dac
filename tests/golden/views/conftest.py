"""One result of every kind, made by hand: what the golden texts of the views show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from exai_compiler.changes import (
    Change,
    Create,
    Delete,
    FieldChange,
    Judge,
    Materialize,
    MoveAlias,
    ObjectId,
    Outcome,
    Plan,
    Planned,
    Replace,
    Run,
    Update,
)
from exai_compiler.edges import Node
from exai_compiler.expected import Expected
from exai_compiler.facts import GateResult, Verdict
from exai_compiler.graph import graph
from exai_compiler.lineage import Way, lineage
from exai_compiler.maybe import Known, Tree, Unknown
from exai_compiler.nodes import described, parse_node
from exai_compiler.parts import around, with_columns
from exai_compiler.picture import Fact
from exai_compiler.project import link
from exai_compiler.revisions import Break, Comparison, DocumentChange, FileChange, SpecField
from exai_runtime.data_results import ColumnFigures, Preview
from exai_runtime.explain_results import Explained, Explanation, Explanations, Failing
from exai_runtime.feature_results import (
    FeatureList,
    FeatureRow,
    FeatureValue,
    FeatureValues,
    Freshness,
    Materializing,
    Pushed,
)
from exai_runtime.lineage_results import Drawn, Traced
from exai_runtime.lock_results import ImageMove, Locked, Move
from exai_runtime.results import (
    Applied,
    Checkup,
    Created,
    Example,
    Finding,
    LeftOut,
    ModelStatus,
    Planning,
    Prediction,
    Refused,
    RenderedFile,
    RenderedFiles,
    Result,
    Serving,
    StatusReport,
)
from exai_runtime.revision_results import Against
from exai_runtime.run_results import (
    Applying,
    Asked,
    History,
    Judged,
    Log,
    Moved,
    Registered,
    RunList,
    RunRecord,
    RunShown,
    VersionRecord,
)
from exai_runtime.runs_compared import compared
from exai_runtime.target import Health
from exai_runtime.validated import Validated
from exai_runtime.workspace import component_catalog
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.documents import read
from exai_specs.effects import Effect
from exai_specs.frozen import Json, freeze
from exai_specs.identity import Ref
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec, parse

DATASET, PIPELINE = Ref("Dataset", "iris"), Ref("Pipeline", "iris-training")
MODEL, SERVICE = Ref("Model", "iris_model"), Ref("Service", "iris")
KFP, KSERVE = "pipelines.kubeflow.org/v2beta1", "serving.kserve.io/v1beta1"
NO_VERSION = Unknown(MODEL, "no version has passed its gates")
TRAINED = Unknown(MODEL, "the run of Pipeline/iris-training registers its next version")
ISVC = ObjectId(KSERVE, "InferenceService", "iris")
RUNTIME = ObjectId("serving.kserve.io/v1alpha1", "ServingRuntime", "exai-h2o-mojo")
VERSION = ObjectId(KFP, "PipelineVersion", "iris-training-0a1b2c3d4e5f")
KEY = "5d41402abc4b2a76b9719d911017c592"

SPEC = """\
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: iris-training}
spec:
  steps:
    train:
      uses: train-h2o
      with:
        target: species
        features: [sepal_length, sepal_widht, species]
"""
LONG_LINE = (
    '    species: {type: string, description: "a very long line, so long that an excerpt must cut '
    'it at both ends to stay readable", enum: [setosa, versicolor], unit: cm}'
)
TABLE = f"""\
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {{name: "größe"}}
spec:
  schema:
{LONG_LINE}
"""
SOURCES: Mapping[str, str] = MappingProxyType(
    {"specs/pipeline.yaml": SPEC, "specs/dataset.yaml": TABLE}
)

MISSPELT = Diagnostic(
    "unknown-column",
    "Dataset iris has no column `sepal_widht`",
    Span("specs/pipeline.yaml", 10, 34),
    hint="did you mean `sepal_width`?",
    related=(("the columns are declared here", Span("specs/dataset.yaml", 5, 3)),),
)
TARGET_IN_FEATURES = Diagnostic(
    "target-among-features",
    "the target `species` is among the features: the model would learn to copy it",
    Span("specs/pipeline.yaml", 10, 47),
    hint="take it out of `features`",
)
LONG = Diagnostic(
    "unit-of-text", "a text column has no unit", Span("specs/dataset.yaml", 6, 153), "warning"
)
OLD = Diagnostic("no-owner", "nobody owns it", Span("specs/service.yaml", 3, 9), "warning")
UMLAUT = Diagnostic("bad-name", "a name has letters a to z only", Span("specs/dataset.yaml", 3, 18))
NO_FILE = Diagnostic("unreadable-file", "can't read the file: gone", Span("specs/gone.yaml"))

HOSTILE = "two\nlines\x1b[2J\u202eexe.\tgnp"


def parity(field: str, line: int) -> Diagnostic:
    return Diagnostic(
        "not-honoured",
        f"{field} has no effect on the local target",
        Span("specs/service.yaml", line, 3),
        "note",
    )


PARITY = tuple(
    parity(field, 6 + number)
    for number, field in enumerate(
        ("replicas", "autoscale", "resources.cpu", "slo", "timeout", "nodeSelector", "tolerations")
    )
)


def planned(change: Change, round_: int, impact: Effect, *because: Ref) -> Planned:
    return Planned(change, round_, impact, because)


def plan(*changes: Planned, waiting: tuple[Unknown, ...] = (), notes: int = 0) -> Plan:
    return Plan("local", changes, waiting, PARITY[:notes], "0" * 64)


TREE: Tree = MappingProxyType(
    {
        "metadata": MappingProxyType(
            {"annotations": MappingProxyType({"exai.dev/model-digest": TRAINED})}
        ),
        "spec": MappingProxyType({"storageUri": TRAINED, "env": ("a", TRAINED)}),
    }
)
CREATE_VERSION = Create(VERSION, PIPELINE, freeze({"spec": {}}))
RUN = Run(PIPELINE, KEY, ("it has never run", "Dataset/iris: no data version on record"))
JUDGE = Judge(MODEL, KEY)
MOVE = MoveAlias(MODEL, "champion", TRAINED)
CREATE_SERVICE = Create(ISVC, SERVICE, TREE, only_if=MODEL)
FIRST = plan(
    planned(Create(RUNTIME, SERVICE, freeze({})), 1, Effect.RENDER, MODEL),
    planned(CREATE_VERSION, 1, Effect.RETRAIN, DATASET),
    planned(RUN, 1, Effect.RETRAIN, DATASET),
    planned(JUDGE, 2, Effect.METADATA, DATASET, PIPELINE),
    planned(MOVE, 2, Effect.REDEPLOY, DATASET, PIPELINE),
    planned(CREATE_SERVICE, 2, Effect.REDEPLOY, DATASET, PIPELINE, MODEL),
    notes=3,
)
CHANGES = plan(
    planned(
        Update(
            ISVC,
            SERVICE,
            freeze({}),
            (
                FieldChange(("spec", "minReplicas"), Known(1), Known(2), "changed"),
                FieldChange(("spec", "env", 0, "value"), Known("x" * 90), Known(None), "drifted"),
                FieldChange(
                    ("metadata", "annotations", "exai.dev/model-digest"),
                    Known("ab12"),
                    TRAINED,
                    "changed",
                ),
            ),
        ),
        1,
        Effect.BREAKING,
    ),
    planned(
        Replace(
            ObjectId(KSERVE, "InferenceService", "old"),
            ObjectId(KSERVE, "InferenceService", "new"),
            Ref("Service", "new"),
            "deploymentMode can't change in place",
        ),
        1,
        Effect.REDEPLOY,
    ),
    planned(MoveAlias(MODEL, "champion", Known(3)), 1, Effect.REDEPLOY, PIPELINE),
    planned(
        Delete(ObjectId(KFP, "PipelineVersion", "iris-training-old"), "the newest 10 stay"),
        1,
        Effect.METADATA,
    ),
    waiting=(NO_VERSION,),
    notes=7,
)

PASSED = Verdict(
    "iris_model",
    1,
    "g",
    True,
    (
        GateResult("accuracy", "min", True, 0.9667, 0.9),
        GateResult("logloss", "max", True, 0.1123, 1.0),
        GateResult(
            "logloss", "noWorseThan", True, 0.1123, None, note="no champion yet: nothing to compare"
        ),
    ),
)
MISSED = Verdict(
    "iris_model",
    2,
    "g",
    False,
    (
        GateResult("accuracy", "min", False, 0.8333, 0.9),
        GateResult("logloss", "noWorseThan", True, 0.1123, 0.1223, 1),
    ),
)
ROW: Mapping[str, Json] = MappingProxyType(
    {"petal_length": 1.4, "petals": 3, "place": "O'Hara", "code": "007"}
)
READY = Health(ISVC, SERVICE, "ready", url="http://127.0.0.1:41234")
FAILED = Outcome(
    RUN,
    "failed",
    "step `train`: 12 rows are too few to train gbm, which needs 20",
    "give it more rows, or set `min_rows`",
    ".exai/local/runs/5d41402a/run.log",
    ("H2O started", "\x1b[2J\x1b[31mexai: 12 rows are too few\x1b[0m \u202egnp.exe"),
    code="too-few-rows",
)


def applied(
    plan_: Plan | None,
    *outcomes: Outcome,
    verdicts: tuple[Verdict, ...] = (),
    health: tuple[Health, ...] = (READY,),
    diagnostics: tuple[Diagnostic, ...] = (),
    exit_code: int = 0,
    examples: tuple[Example, ...] = (),
    approved: bool = True,
) -> Applied:
    return Applied(
        "local",
        plan_,
        outcomes,
        verdicts,
        health,
        diagnostics,
        SOURCES,
        exit_code,
        23.4,
        examples,
        approved,
    )


DONE = (
    Outcome(CREATE_VERSION, "created"),
    Outcome(RUN, "succeeded", "iris_model version 1"),
    Outcome(JUDGE, "succeeded"),
    Outcome(MOVE, "moved"),
    Outcome(CREATE_SERVICE, "created"),
)

PROJECT, REPOSITORY = Ref("Project", "iris"), ObjectId("feast.dev/v1", "FeatureRepository", "iris")
TEXTS = (Known("def ratio(a):\n    return a\n"), Known("def ratio(a):\n    b = a\n    return b\n"))
FEATURES = plan(
    Planned(Create(REPOSITORY, PROJECT, freeze({"spec": {}})), 1, Effect.MATERIALIZE, ()),
    Planned(
        Update(
            ObjectId("feast.dev/v1", "FeatureRepository", "roses"),
            PROJECT,
            freeze({"spec": {}}),
            (FieldChange(("spec", "modules", "ratios.py"), *TEXTS, "changed"),),
        ),
        1,
        Effect.MATERIALIZE,
        (),
    ),
    Planned(
        Materialize(Ref("FeatureView", "measurements"), KEY, ("new data in Dataset/iris",)),
        1,
        Effect.MATERIALIZE,
        (PROJECT, DATASET, Ref("Entity", "flower")),
    ),
    Planned(Run(PIPELINE, KEY, ("new data in Dataset/iris",)), 1, Effect.RETRAIN, (DATASET,)),
)
MATERIALIZE = Materialize(Ref("FeatureView", "measurements"), "k", ("asked for",))
FRESHNESS = (
    Freshness(
        Ref("FeatureView", "days"),
        "stale",
        newest="2026-11-17T09:00:00+00:00",
        rows=31,
        materialized="2026-11-20T09:03:20+00:00",
        ttl=86400.0,
        schedule="on new data, every 1h",
        due="2026-11-20T10:03:20+00:00",
        data="fixed:2026-10",
    ),
    Freshness(
        Ref("FeatureView", "measurements"),
        "fresh",
        newest="2026-11-20T10:00:00+00:00",
        rows=150,
        materialized="2026-11-20T10:03:00+00:00",
        schedule="on apply",
        data="0" * 64,
        pushed=3,
        newest_pushed="2026-11-20T09:30:00+00:00",
    ),
    Freshness(Ref("FeatureView", "trips"), "missing", schedule="on new data"),
)

IMAGE = f"sha256:{'5d41402a' * 8}"
DAWN = 1795161600.0  # seconds since the epoch, two hours before the tests' clock
COMMIT = "0123456789abcdef0123456789abcdef01234567"
RUN_20 = RunRecord(
    KEY,
    "iris-training",
    "succeeded",
    "iris-training-0a1b2c3d4e5f",
    started=DAWN,
    finished=DAWN + 42.5,
    parameters={"ntrees": 20, "options": {"depth": 5}},
    data={"iris": "ab" * 32, "prices": "fixed:2026-10"},
    seconds={"load": 1.5, "train": 30.25},
    models=(Registered("iris_model", 1, {"accuracy": 0.9, "logloss": 0.2}, PASSED, ("champion",)),),
    commit=COMMIT,
    branch="main",
    log=".exai/local/runs/5d41402a/run.log",
)
RUN_50 = RunRecord(
    "9f86d081884c7d659a2feaa0c55ad015",
    "iris-training",
    "succeeded",
    "iris-training-0a1b2c3d4e5f",
    started=DAWN + 600,
    finished=DAWN + 690,
    parameters={"ntrees": 50, "options": {"depth": 5}},
    data={"iris": "ab" * 32},
    seconds={"load": 1.5, "train": 61.0},
    models=(Registered("iris_model", 2, {"accuracy": 0.95, "logloss": 0.3, "mine": 1.0}, MISSED),),
    by_hand=True,
)
RUN_FAILED = RunRecord(
    "60303ae22b998861bce3b28f33eec1be",
    "iris-training",
    "failed",
    "",
    finished=DAWN - 86400,
    step="check",
    detail="150 rows, \x1b[2J\u202eexpected more",
    failure="expectation-failed",
)
RUN_KILLED = RunRecord("fd61a03af4f77d870fc21e05e7e80678", "churn", "stopped", "", started=DAWN)
FIRST_APPLY = Applying(1, DAWN, COMMIT, "main")


def asked(run: RunRecord | None, *outcomes: Outcome, **more: Any) -> Asked:
    verdicts = more.pop("verdicts", ())
    given = {"diagnostics": (), "sources": SOURCES, "exit_code": 0, "elapsed": 42.6} | more
    return Asked("local", "iris-training", run, outcomes, verdicts, **given)


CHANGED_DATASET = DocumentChange(
    DATASET,
    "changed",
    Effect.RETRAIN,
    (DATASET,),
    (
        SpecField(
            ("spec", "schema", "petal_width", "type"),
            "float64",
            "float32",
            Effect.RETRAIN,
            Span("specs/dataset.yaml", 12, 26),
        ),
        SpecField(
            ("metadata", "description"),
            None,
            "`x` | <b>@team</b>\n[y](http://example.com) \u202e",
            Effect.METADATA,
            Span("specs/dataset.yaml", 4, 3),
        ),
    ),
    Span("specs/dataset.yaml", 4, 9),
)
BROKEN_PIPELINE = Break(
    "Pipeline/iris-training",
    PIPELINE,
    Span("specs/pipeline.yaml", 32, 20),
    "Dataset `iris` has no column `petal_width`",
    (PIPELINE,),
    "unknown-column",
)
AGAINST = Against(
    "origin/main",
    "0c0d" * 10,
    "prod",
    Comparison(
        (
            CHANGED_DATASET,
            DocumentChange(
                MODEL,
                "affected",
                Effect.RETRAIN,
                (DATASET, PIPELINE, MODEL),
                (),
                Span("specs/model.yaml", 3, 9),
            ),
            DocumentChange(
                PIPELINE,
                "affected",
                Effect.RETRAIN,
                (Ref("File", "specs/train.py"), PIPELINE),
                (),
                Span("specs/training.yaml", 3, 9),
                "no run is planned: `run.on` is empty in `prod`; a person starts it",
            ),
            DocumentChange(
                SERVICE,
                "removed",
                Effect.BREAKING,
                (SERVICE,),
                (),
                Span("specs/service.yaml", 3, 9),
            ),
        ),
        (
            Break(
                "whoever calls Service/iris",
                SERVICE,
                Span("specs/service.yaml", 3, 9),
                "a request must have `petal_width` now",
                (DATASET, PIPELINE, SERVICE),
                of_model=True,
                before="a person moves `champion`",
            ),
            Break(
                "whoever calls Service/roses",
                Ref("Service", "roses"),
                Span("specs/roses.yaml", 3, 9),
                "the service is removed",
                (Ref("Service", "roses"),),
                is_gone=True,
            ),
        ),
        (
            FileChange("code/fit.py", "moved", "specs/fit.py"),
            FileChange("train.py", "changed"),
        ),
        CHANGES,
    ),
    (LONG, OLD),
    SOURCES,
    (LONG,),
    (OLD,),
)


def traced(
    text: str, ways: tuple[Way, ...], columns: bool = False, happened: bool = False
) -> Result:
    """Of the project of LANGUAGE's first section."""
    whole = Path(__file__).parents[2] / "language_section_0.yaml"
    documents, _ = read(whole.read_text("utf-8"), "exai.yaml")
    project = link([spec for document in documents if isinstance(spec := parse(document), Spec)])
    assert project is not None
    graphs = {s.ref.name: graph(s, component_catalog()) for s, _ in project.bodies(PipelineSpec)}
    found, node = lineage(project, graphs), parse_node(text)
    assert node is not None and node in found.numbers
    starts = with_columns(found, node) if columns else (node,)
    part = around(found, starts, ways, None, columns)
    told = {n: one for n in part.nodes if (one := described(project, graphs, n)) is not None}
    facts = {
        Node("Model", "iris_model"): (Fact("newest", "v3, passed", "good"), Fact("r2", "0.5")),
        Node("Pipeline", "iris-training"): (Fact("run", "5d41402abc4b failed", "bad"),),
        Node("Service", "iris"): (Fact("state", "starting\x1b[2J\u202e", "waiting"),),
    }
    looked = {"environment": "local", "facts": facts} if happened else {}
    return Traced(node, ways, None, columns or bool(node.column), part, told, **looked)


SAMPLES: Mapping[str, tuple[str, Result]] = {
    "lineage": ("lineage", traced("Model/iris_model", ("up", "down"))),
    "lineage-columns": ("lineage", traced("Pipeline/iris-training#split", ("up", "down"), True)),
    "lineage-column": ("lineage", traced("Dataset/iris:petal_length", ("down",))),
    "graph": ("graph", Drawn("dot", 'digraph "iris" {\n  a -> b;\n}\n', "", 2, 1)),
    "graph-file": ("graph", Drawn("html", "", "lineage.html", 1, 0)),
    "lineage-happened": (
        "lineage",
        traced("Model/iris_model", ("up", "down"), happened=True),
    ),
    "lineage-nothing": ("lineage", traced("Service/iris", ("down",))),
    "init": (
        "init",
        Created(Path("my project"), "iris", "my-project", ("exai.yaml", "make_data.py")),
    ),
    "init-refused": (
        "init",
        Created(Path(), "iris", "", (), (Diagnostic("file-exists", "taken", Span("")),)),
    ),
    "validate": ("validate", Validated(None, (LONG,), SOURCES, {"Dataset": 1, "Pipeline": 2})),
    "validate-errors": (
        "validate",
        Validated(
            None, (LONG, UMLAUT, MISSPELT, TARGET_IN_FEATURES, NO_FILE, PARITY[0]), SOURCES, {}
        ),
    ),
    "plan-first": ("plan", Planning(FIRST, None, (), SOURCES)),
    "plan-changes": ("plan", Planning(CHANGES, None, (LONG,), SOURCES)),
    "plan-features": ("plan", Planning(FEATURES, None, (), SOURCES)),
    "plan-empty": ("plan", Planning(plan(waiting=(NO_VERSION,)), None, (), SOURCES)),
    "plan-errors": ("plan", Planning(None, None, (MISSPELT,), SOURCES)),
    "plan-against": ("plan", AGAINST),
    "plan-against-nothing": (
        "plan",
        Against("HEAD", "0c0d" * 10, "local", Comparison((), (), (), plan()), (), SOURCES),
    ),
    "plan-against-build": (
        "plan",
        Against("build.json", "", "local", Comparison((), (), (), CHANGES), (), SOURCES),
    ),
    "plan-against-errors": (
        "plan",
        Against(
            "origin/main",
            "0c0d" * 10,
            "local",
            Comparison((CHANGED_DATASET,), (BROKEN_PIPELINE,), (), None),
            (MISSPELT,),
            SOURCES,
        ),
    ),
    "apply": (
        "apply",
        applied(FIRST, *DONE, verdicts=(PASSED,), examples=(Example("iris", "v2", ROW),)),
    ),
    "apply-v1": ("apply", applied(FIRST, *DONE[:1], examples=(Example("iris", "v1", ROW),))),
    "apply-nothing": ("apply", applied(plan(), examples=(Example("iris", "v2", ROW),))),
    "apply-missed": (
        "apply",
        applied(FIRST, *DONE[:3], verdicts=(MISSED,), exit_code=1),
    ),
    "apply-failed": ("apply", applied(FIRST, DONE[0], FAILED, health=(), exit_code=1)),
    "apply-declined": (
        "apply",
        applied(
            CHANGES,
            health=(),
            approved=False,
            exit_code=1,
            diagnostics=(Diagnostic("needs-approval", "nobody is there", Span(""), hint="--yes"),),
        ),
    ),
    "destroy": (
        "destroy",
        applied(plan(), Outcome(Delete(ISVC, "destroyed"), "deleted"), health=()),
    ),
    "destroy-nothing": ("destroy", applied(plan(), health=())),
    "status": (
        "status",
        StatusReport(
            "local",
            (
                READY,
                Health(
                    ObjectId(KSERVE, "InferenceService", "churn"),
                    Ref("Service", "churn"),
                    "failed",
                    "it ended with code 1",
                    log=".exai/local/services/churn/service.log",
                ),
            ),
            (
                ModelStatus(MODEL, {"champion": 1}, (1, 2), MISSED, "version 2 missed its gates"),
                ModelStatus(Ref("Model", "churn_model"), {}, (), None),
            ),
            (NO_VERSION,),
            PARITY,
            (),
            SOURCES,
            (Serving(ISVC, "iris_model", 1, "2026-11-20T10:00:00+00:00"),),
            FRESHNESS,
        ),
    ),
    "features-list": (
        "features list",
        FeatureList(
            "local", FRESHNESS, {"iris_features": ("measurements:petal_length", "ratios:ratio")}
        ),
    ),
    "features-get": (
        "features get",
        FeatureValues(
            "iris_features",
            (
                FeatureRow(
                    {"flower_id": 7},
                    {
                        "petal_length": FeatureValue(
                            "measurements", 1.4, "present", "2026-11-20T09:00:00+00:00", 3800.0
                        ),
                        "place": FeatureValue(
                            "measurements", None, "null", "2026-11-20T09:00:00+00:00", 3800.0
                        ),
                        "weather": FeatureValue(
                            "days",
                            "rain\x1b[2J",
                            "outside ttl",
                            "2026-11-17T09:00:00+00:00",
                            263000.0,
                        ),
                        "ratio": FeatureValue("ratios", 2.5, "present"),
                    },
                ),
                FeatureRow(
                    {"flower_id": 8},
                    {"petal_length": FeatureValue("measurements", None, "not found")},
                ),
            ),
            diagnostics=(
                Diagnostic("unknown-entity", "measurements has nothing of flower_id 8", Span("")),
            ),
        ),
    ),
    "features-push": ("features push", Pushed("measurements", 3, 2, 1, True)),
    "features-materialize": (
        "features materialize",
        Materializing(
            "local",
            (
                Outcome(MATERIALIZE, "succeeded", "150 rows up to 2026-11-20T10:00:00+00:00"),
                Outcome(
                    Materialize(Ref("FeatureView", "days"), "k", ("asked for",)),
                    "failed",
                    "the online store (Redis) doesn't answer",
                    "see that it runs",
                ),
            ),
            FRESHNESS,
        ),
    ),
    "status-applied": (
        "status",
        StatusReport(
            "local",
            (replace(READY, detail="whether the specs ask for it isn't known", drift="unknown"),),
            (),
            None,
            None,
            (replace(MISSPELT, code="broken-specs", severity="warning"),),
            SOURCES,
        ),
    ),
    "status-errors": (
        "status",
        StatusReport("local", (), (), (), (), (MISSPELT,), SOURCES),
    ),
    "status-features": (
        "status",
        StatusReport("local", (), (), (), (), (), SOURCES, features=FRESHNESS),
    ),
    "status-nothing": ("status", StatusReport("local", (), (), (), (), (), SOURCES)),
    "predict": (
        "predict",
        Prediction(
            "iris",
            (
                {"prediction": "setosa", "probabilities": {"setosa": 0.98, "virginica": 0.02}},
                {"prediction": "virginica", "probabilities": {"setosa": 0.1, "virginica": 0.9}},
            ),
            "http://127.0.0.1:41234",
            "v2",
            0.0123,
            (),
        ),
    ),
    "predict-number": ("predict", Prediction("house", ({"prediction": 12.5},), "", "v1", 0.1, ())),
    "data-preview": (
        "data preview",
        Preview(
            "orders",
            "local",
            "The table orders",
            1_234_567,
            (
                ColumnFigures(
                    "id", "int64", "int32", "id", distinct=10_000, more=True, least=1, most=1234567
                ),
                ColumnFigures("amount", "float64", "string", "amount", fits=False, distinct=2),
                ColumnFigures(
                    "note",
                    "string",
                    "string",
                    "note",
                    nulls=3,
                    distinct=1,
                    least=HOSTILE,
                    most=HOSTILE,
                ),
                ColumnFigures("customer", "string", "string", "Name", masked=True, distinct=17),
                ColumnFigures("gone", "date", "", "The date", there=False),
                ColumnFigures("extra", "", "timestamp"),
                *(ColumnFigures(f"wide_{n}", "float64", "float64", f"wide_{n}") for n in range(9)),
            ),
            (
                (1, "1,5", HOSTILE, "***", *(float(n) for n in range(9))),
                (2, "x" * 50, None, "***", *((1, {"a": None}),) * 9),
            ),
            1.234,
            (),
        ),
    ),
    "data-preview-refused": (
        "data preview",
        Preview("orders", "local", "", 0, (), (), 0.1, (UMLAUT,), SOURCES),
    ),
    "run": (
        "run",
        asked(RUN_50, Outcome(RUN, "succeeded", "6 steps"), verdicts=(PASSED,)),
    ),
    "run-wanted": ("run", asked(replace(RUN_20, models=(Registered("m", 3, {}),)), wanted=True)),
    "run-missed": ("run", asked(RUN_50, verdicts=(MISSED,), exit_code=1)),
    "run-already": ("run", asked(RUN_20, already=True, wanted=True, verdicts=(PASSED,))),
    "run-failed": ("run", asked(RUN_FAILED, FAILED, exit_code=1)),
    "run-refused": (
        "run",
        asked(
            None,
            diagnostics=(Diagnostic("unknown-parameter", "no such", Span(""), hint="ntrees"),),
            exit_code=1,
        ),
    ),
    "runs-list": (
        "runs list",
        RunList("local", (RUN_50, RUN_20, RUN_KILLED, RUN_FAILED), left_off=3),
    ),
    "runs-list-nothing": ("runs list", RunList("staging", ())),
    "runs-show": ("runs show", RunShown("local", RUN_20)),
    "runs-show-failed": ("runs show", RunShown("local", RUN_FAILED)),
    "runs-compare": ("runs compare", compared("local", (RUN_20, RUN_50, RUN_FAILED), SOURCES)),
    "logs": (
        "logs",
        Log("Service/iris", ".exai/log", ("ready", "\x1b[31m\u202egnp.exe"), streamed=False),
    ),
    "history": (
        "history",
        History(
            "local",
            "iris_model",
            (
                VersionRecord(
                    2, RUN_50.key, RUN_50, {"accuracy": 0.95}, MISSED, (), (), "file:///2"
                ),
                VersionRecord(
                    1,
                    KEY,
                    RUN_20,
                    {"accuracy": 0.9, "logloss": 0.2},
                    PASSED,
                    (
                        Judged(DAWN + 50, 1, replace(PASSED, passed=False), FIRST_APPLY),
                        Judged(DAWN + 900, 1, None, Applying(2, DAWN + 890)),
                    ),
                    ("champion",),
                    "file:///1",
                ),
            ),
            (
                Moved(DAWN + 901, "champion", 3, 1, Applying(2, DAWN + 890)),
                Moved(DAWN + 51, "champion", None, 1, FIRST_APPLY),
            ),
        ),
    ),
    "history-nothing": ("history", History("local", "iris_model", (), ())),
    "render": (
        "render",
        RenderedFiles(
            "local",
            Path("out"),
            (
                RenderedFile("feast/definitions.py", Ref("Project", "p"), None, "unchanged"),
                RenderedFile("kubernetes/pipeline-x.yaml", PIPELINE, VERSION, "written"),
            ),
            (),
            ("kubernetes/old.yaml",),
            (LeftOut(ISVC, SERVICE, NO_VERSION, "`exai apply` brings it about"),),
        ),
    ),
    "render-cluster": (
        "render",
        RenderedFiles(
            "prod",
            Path("rendered/prod"),
            (RenderedFile("kubernetes/pipeline-x.yaml", PIPELINE, VERSION, "written"),),
            (),
            (),
            (),
            expects=(
                Expected("CustomResourceDefinition", "Pipeline.pipelines.kubeflow.org"),
                Expected("Namespace", "ml-prod"),
                Expected("Secret", "feast", "ml-prod"),
                Expected("Secret", "prod-db", "ml-prod", ("password", "user")),
            ),
        ),
    ),
    "render-stream": (
        "render",
        RenderedFiles(
            "local",
            None,
            (),
            (
                {"kind": "A", "apiVersion": "v1", "spec": {"on": "no", "x": "a\u202eb\tc"}},
                {"kind": "B", "apiVersion": "v1", "text": "one\ntwo\n", "list": ["1e3", "~", ""]},
            ),
            (),
            (),
            (Diagnostic("files-only", "not here", Span(""), "note", "-o DIR"),),
        ),
    ),
    "lock": (
        "lock",
        Locked(
            "prod",
            (
                Move("iris_model@champion", 3, 4, "s3://acme-ml/models/iris_model/4"),
                Move("iris_model@staging", None, 5, "s3://acme-ml/models/iris_model/5"),
            ),
            ("fraud@champion",),
        ),
    ),
    "lock-images": (
        "lock",
        Locked(
            "prod",
            (),
            ("ghcr.io/acme/own:3",),
            images=(
                ImageMove("ghcr.io/acme/exai-serve:1.2", None, f"sha256:{'5d41402a' * 8}"),
                ImageMove(
                    "ghcr.io/acme/exai-train:1.2",
                    f"sha256:{'5d41402a' * 8}",
                    f"sha256:{'9b74c989' * 8}",
                ),
                ImageMove("ghcr.io/acme/old:1", f"sha256:{'5d41402a' * 8}", None),
            ),
        ),
    ),
    "lock-nothing": ("lock", Locked("prod", (), ("iris_model@champion",))),
    "doctor": (
        "doctor",
        Checkup(
            (
                Finding("python", "ok", "Python 3.11.7"),
                Finding("memory", "warning", "1.2 GiB available", "end other programs"),
                Finding("proxy", "problem", "http_proxy is set", "export NO_PROXY=localhost"),
            )
        ),
    ),
    "explain": (
        "explain",
        Explained(
            Explanation("tab", "parse", "error", "A tab indents a line.", "YAML wants spaces."),
            Failing(
                MappingProxyType({"exai.yaml": "kind: Project\nspec:\n\tspecs: [specs/]\n"}),
                "exai validate",
                (Diagnostic("tab", "a tab", Span("exai.yaml", 3, 1), hint="indent with spaces"),),
            ),
        ),
    ),
    "explain-all": (
        "explain",
        Explanations(
            (
                Explanation("tab", "parse", "error", "A tab indents a line.", "Spaces."),
                Explanation("unused-view", "checks", "warning", "Nobody asks for it.", "Ask."),
                Explanation("no-log", "commands", "error", "There is no log of that.", "Run it."),
            )
        ),
    ),
    "doctor-well": ("doctor", Checkup((Finding("python", "ok", "Python 3.11.7"),))),
    "bug": (
        "plan",
        Refused(
            (Diagnostic("bug", "this is a bug in exai: KeyError: 'x'", Span("")),), exit_code=70
        ),
    ),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that takes a `sample` runs for each."""
    if "sample" in metafunc.fixturenames:
        values = [(name, *sample) for name, sample in SAMPLES.items()]
        metafunc.parametrize("sample", values, ids=list(SAMPLES))
