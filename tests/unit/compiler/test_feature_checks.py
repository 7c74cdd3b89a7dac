"""What can be wrong with features, each with its place: section 5's example with one mistake."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.checks import check
from exai_compiler.checks.schedules import wrong_cron
from exai_compiler.parity import parity
from exai_compiler.project import Project, link
from exai_runtime.workspace import component_catalog
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

TEXT = (Path(__file__).parents[2] / "language_section_5.yaml").read_text()
FUNCTION = "def ratios(inputs):\n    return inputs\n"
CATALOG = replace(component_catalog(), files=MappingProxyType({"ratios.py": FUNCTION}))
DEFAULTS = "    defaults: {petal_length: 4.0, petal_ratio: 3.0, slenderness: 1.0}\n"

Edit = tuple[str, str]


def specs_of(*edits: Edit, more: str = "") -> list[Spec]:
    text = TEXT
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    documents, problems = read(text + more, "exai.yaml")
    assert problems == ()
    specs = [spec for document in documents if isinstance(spec := parse(document), Spec)]
    assert len(specs) == len(documents)
    return specs


def project_of(*edits: Edit, more: str = "") -> Project:
    project = link(specs_of(*edits, more=more))
    assert project is not None
    return project


def found(*edits: Edit, more: str = "", function: str = FUNCTION) -> tuple[Diagnostic, ...]:
    files = MappingProxyType({"ratios.py": function})
    components = replace(CATALOG, files=files, modules=frozenset({"shapes"}))
    return check(project_of(*edits, more=more), components)


def document(kind: str, name: str, spec: str) -> str:
    head = f"---\napiVersion: exai.dev/v1alpha1\nkind: {kind}\n"
    return f"{head}metadata: {{name: {name}}}\nspec: {spec}\n"


def said(problems: tuple[Diagnostic, ...]) -> list[tuple[str, str]]:
    return [(problem.code, problem.message) for problem in problems]


def test_the_example_has_nothing_wrong() -> None:
    assert found() == ()


@pytest.mark.parametrize(
    ("edit", "message", "text"),
    [
        (("dataset: measurements", "dataset: measurement"), "Dataset `measurement`", "measurement"),
        (("entities: [flower]", "entities: [flour]"), "Entity `flour`", "flour"),
        (("sources: [petals]", "sources: [petal]"), "FeatureView `petal`", "petal]"),
        (("ratios]\n", "ratio]\n"), "FeatureView `ratio`", "ratio]"),
        (("features: flower_features\n    ", "features: nothing\n    "), "FeatureService", None),
        (("service: flower_features", "service: nothing"), "FeatureService `nothing`", "nothing"),
    ],
)
def test_names_that_nothing_has(edit: Edit, message: str, text: str | None) -> None:
    if text is None:
        edit = ("        features: flower_features\n", "        features: nothing\n")
        text = "nothing"
    problems = [p for p in found(edit) if p.code == "unknown-reference"]
    (problem,) = problems
    assert message in problem.message
    line = TEXT.replace(*edit).splitlines()[problem.at.line - 1]
    assert line[problem.at.column - 1 :].startswith(text)


@pytest.mark.parametrize(
    ("written", "code"),
    [("        features: [flower_features]\n", "wrong-input-type"), ("", "missing-input")],
)
def test_of_features_that_nobody_names_nothing_else_is_said(written: str, code: str) -> None:
    problems = found(("        features: flower_features\n", written))
    assert {each.code for each in problems if each.severity == "error"} == {code}


def test_a_feature_that_its_view_misspells_is_told_at_the_view() -> None:
    view = "{dataset: measurements, entities: [flower], features: [petallength]}"
    more = document("FeatureView", "old", view)
    more += document("FeatureService", "other", "{features: ['old:petal_length']}")
    problems = found(more=more)
    assert [code for code, _ in said(problems) if code[:7] == "unknown"] == ["unknown-column"]


def test_a_feature_that_its_view_lacks() -> None:
    (problem,) = [
        p for p in found(("petals:petal_length", "petals:petal_size")) if p.code[:7] == "unknown"
    ][:1]
    assert problem.message == "FeatureView `petals` has no feature `petal_size`"
    line = TEXT.splitlines()[problem.at.line - 1]
    assert line[problem.at.column - 1 :].startswith("petal_length")
    assert problem.related[0][0] == "the view"


def test_a_signature_names_a_feature_service() -> None:
    signature = "signature:\n    inputs: {petal_length: float32}\n    outputs: {species: string}\n"
    edit = ("  task: classification\n", f"  task: classification\n  {signature}    features: x\n")
    assert ("unknown-reference", "there is no FeatureService `x`") in said(found(edit))
    fine = (edit[0], edit[1].replace("features: x", "features: flower_features"))
    assert said(found(fine)) == [
        (
            "features-mismatch",
            "`petal_length` is float32 here, and float64 in the view `petals`",
        )
    ]


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ([("[petal_length, petal_width]", "[petal_length, petal_size]")], "unknown-column"),
        ([("[petal_length, petal_width]", "[petal_length, petal_length]")], "duplicate-feature"),
        ([('["petals:petal_length", ratios]', "[petals, 'petals:petal_length', ratios]")], "dup"),
        ([("  created: written_at\n", "  created: remark\n")], "missing-timestamp"),
        ([("key: flower_id}", "key: flower}")], "entity-mismatch"),
        ([("height: float64}}", "seen_at: float64}}")], "request-column"),
        ([("height: float64}}", "petal_width: float64}}")], "duplicate-feature"),
        ([("features: [petal_length, petal_ratio, slenderness]", "features: [size]")], "unknown"),
        ([("petals_push", "measurements")], "feature-clash"),
        ([("every: 1h", "every: 61 * * * *")], "bad-schedule"),
    ],
)
def test_one_mistake_has_its_code(edits: list[Edit], code: str) -> None:
    problems = found(*edits)
    assert any(problem.code.startswith(code) for problem in problems), problems


def test_a_column_of_neither_the_rows_nor_the_features_shows_both_places() -> None:
    problems = found(("slenderness]", "slimness]"))
    (problem,) = [p for p in problems if p.code == "unknown-column"]
    assert problem.message == (
        "neither Dataset `flowers` nor FeatureService `flower_features` has a column `slimness`"
    )
    assert [str(at) for _, at in problem.related] == ["exai.yaml:16:3", "exai.yaml:68:3"]


def test_two_entities_of_one_key() -> None:
    more = document("Entity", "bloom", "{type: int64, key: flower_id}")
    problems = found(("entities: [flower]", "entities: [flower, bloom]"), more=more)
    assert [code for code, _ in said(problems)] == ["entity-mismatch"]


def test_views_are_told_apart_whatever_their_case() -> None:
    body = "{dataset: measurements, entities: [flower], features: [remark]}"
    problems = found(more=document("FeatureView", "Petals", body))
    (problem,) = [p for p in problems if p.code == "duplicate-name"]
    assert "FeatureViews are told apart whatever the case" in problem.message


def test_the_answer_may_not_come_in_through_a_function() -> None:
    rows = ("dataset: measurements", "dataset: flowers")
    columns = ("[petal_length, petal_width]", "[height, species]")
    problems = [
        p
        for p in found(
            rows,
            columns,
            ("petals:petal_length", "petals:height"),
            ("{height: float64}", "{weight: float64}"),
        )
        if p.code == "target-in-features"
    ]
    assert [p.message for p in problems] == [
        f"`{name}` is made of the features of `petals`, and the target `species` is one of them"
        for name in ("petal_ratio", "slenderness")
    ]
    assert problems[0].related[1][0] == "the target as a feature"


def test_an_entity_s_key_is_no_feature_of_a_model() -> None:
    problems = found(("[petal_length, petal_ratio", "[flower_id, petal_length, petal_ratio"))
    assert [code for code, _ in said(problems)] == ["key-in-features"]


@pytest.mark.parametrize(
    ("function", "code"),
    [
        ("def other(inputs):\n    return inputs\n", "unknown-function"),
        ("def ratios():\n    return {}\n", "unknown-function"),
        ("async def ratios(inputs):\n    return inputs\n", "unknown-function"),
        ("if True:\n    def ratios(inputs):\n        return inputs\n", "unknown-function"),
        ("def ratios(inputs:\n", "python-syntax"),
        ("import shapes\n" + FUNCTION, "local-import"),
        ("from . import shapes\n" + FUNCTION, "local-import"),
        (FUNCTION + "TEXT = '{{$.x}}'\n", "kfp-placeholder"),
        ("\0", "python-syntax"),
        ("x = " + "-" * 200_000 + "1", "python-syntax"),
    ],
)
def test_the_function_of_an_on_demand_view(function: str, code: str) -> None:
    problems = found(function=function)
    assert [problem.code for problem in problems] == [code]
    assert ("async def" in problems[0].message) is function.startswith("async")


def test_a_file_that_is_not_there() -> None:
    problems = found(("ratios.py:ratios", "others.py:ratios"))
    assert said(problems) == [("missing-file", "there is no file `others.py`")]


@pytest.mark.parametrize("written", ["ratios.py", "ratios.py:", "ratios.py:a-b", "ratios.py:def"])
def test_what_names_no_function(written: str) -> None:
    problems = found(("ratios.py:ratios", f"'{written}'"))
    assert [problem.code for problem in problems] == ["unknown-function"]


def test_defaults_are_needed_for_what_the_model_takes_alone() -> None:
    fewer = ("features: [petal_length, petal_ratio, slenderness]", "features: [petal_length]")
    less = (DEFAULTS, "    defaults: {petal_length: 4}\n")
    assert found(fewer, less) == ()
    assert [p.code for p in found(less)] == ["feature-default"]
    [typo] = found((DEFAULTS, DEFAULTS.replace("petal_length", "petal_lenght")))
    assert "no feature `petal_lenght`" in typo.message and "petal_length" in typo.hint


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (("uses: train-h2o", "uses: train-h20"), "unknown-component"),
        (("data: ${{ steps.features.data }}", "data: ${{ steps.feature.data }}"), "unknown-"),
        (("as: flower_model", "as: flower_modell"), "unknown-reference"),
    ],
)
def test_no_default_is_missing_where_nobody_can_tell_what_the_model_takes(
    edit: Edit, code: str
) -> None:
    fewer = ("features: [petal_length, petal_ratio, slenderness]", "features: [petal_length]")
    less = (DEFAULTS, "    defaults: {petal_length: 4}\n")
    errors = [each.code for each in found(fewer, less, edit) if each.severity == "error"]
    assert errors and all(each.startswith(code) for each in errors)


@pytest.mark.parametrize(
    ("value", "fits"), [("4", True), ("4.5", True), ("'4'", False), ("true", False), ("[4]", False)]
)
def test_a_default_is_of_its_feature_s_type(value: str, fits: bool) -> None:
    problems = found(("petal_length: 4.0", f"petal_length: {value}"))
    assert [problem.code for problem in problems] == ([] if fits else ["feature-default"])


def test_a_model_without_features_needs_none() -> None:
    plain = [
        ("        data: ${{ steps.features.data }}", "        data: ${{ steps.load.data }}"),
        ("features: [petal_length, petal_ratio, slenderness]", "features: [height]"),
    ]
    unused, problem = found(*plain)
    assert (unused.code, problem.code) == ("unused-step", "features-mismatch")
    assert "wasn't trained on features" in problem.message
    served = "  features:\n    service: flower_features\n    onMissing: default\n" + DEFAULTS
    assert [each.code for each in found(*plain, (served, ""))] == ["unused-step"]


@pytest.mark.parametrize(
    "edit",
    [
        ("data: ${{ steps.split.train }}", "data: ${{ steps.splitt.train }}"),
        ("data: ${{ steps.split.train }}", "data: ${{ steps.split.trian }}"),
    ],
)
def test_a_name_that_leads_nowhere_says_nothing_of_the_model(edit: Edit) -> None:
    assert {code for code, _ in said(found(edit))} == {"unknown-reference"}


PLAIN = """  signature:
    inputs: {petal_length: float64, petal_ratio: float64, slenderness: float64}
    outputs: {species: string}
"""
SIGNED = ("  task: classification\n", f"  task: classification\n{PLAIN}")


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (("uses: split-data", "uses: splitdata"), "unknown-component"),
        (("uses: load-features", "uses: load-feature"), "unknown-component"),
        (("        data: ${{ steps.features.data }}\n", ""), "missing-input"),
        (
            ("data: ${{ steps.features.data }}", 'data: "{{ steps.features.data }}"'),
            "wrong-input-type",
        ),
        (("ratios]\n", "ratio]\n"), "unknown-reference"),
        (("    train:\n", "    trains:\n"), "unknown-reference"),
        (("model: ${{ steps.train.model }}", "model: ${{ steps.trian.model }}"), "unknown-ref"),
        (("    load:\n", "    load:\n      after: [train]\n"), "step-cycle"),
    ],
)
def test_what_a_model_is_trained_on_is_not_guessed_behind_an_error(edit: Edit, code: str) -> None:
    told = {problem.code for problem in found(edit, SIGNED) if problem.severity == "error"}
    assert "features-mismatch" not in told
    assert any(each.startswith(code) for each in told)


def test_a_service_that_gives_more_will_do() -> None:
    more = document("FeatureService", "more", "{features: [petals, ratios]}")
    assert found(("    service: flower_features", "    service: more"), more=more) == ()


def test_a_service_that_gives_another_view_s_feature_will_not() -> None:
    more = document(
        "FeatureView",
        "old",
        "{dataset: measurements, entities: [flower], features: [petal_length]}",
    ) + document("FeatureService", "other", "{features: ['old:petal_length', ratios]}")
    problems = found(("    service: flower_features", "    service: other"), more=more)
    assert said(problems) == [
        (
            "features-mismatch",
            "`other` gives `old:petal_length`, and not `petals:petal_length`, which `flower_model` "
            "was trained on",
        )
    ]


def test_features_are_added_to_rows_whose_columns_are_known() -> None:
    twice = """    features:
      uses: load-features
      with:
        data: ${{ steps.load.data }}
        features: flower_features
"""
    again = twice.replace("features:\n      uses", "again:\n      uses", 1).replace(
        "steps.load.data", "steps.features.data"
    )
    problems = found((twice, twice + again))
    assert "feature-clash" in {problem.code for problem in problems}


@pytest.mark.parametrize(
    ("cron", "right"),
    [
        ("* * * * *", True),
        ("*/5 0-6,12 1 JAN mon-fri", True),
        ("0 0 29 2 *", True),
        ("0 0 31 2 MON", True),
        ("0 0 * * 7", True),
        ("60 * * * *", False),
        ("0 24 * * *", False),
        ("0 0 0 * *", False),
        ("0 0 30 2 *", False),
        ("0 0 31 4 *", False),
        ("*/0 * * * *", False),
        ("5-1 * * * *", False),
        ("1-2-3 * * * *", False),
        ("0 0 * FOO *", False),
        ("0 0 * * 8", False),
        ("0 , * * *", False),
    ],
)
def test_cron(cron: str, right: bool) -> None:
    assert (wrong_cron(cron) == "") is right


def test_stores_of_environments() -> None:
    base = "connections: {warehouse: {sqlite: {path: data/iris.db}}}}"
    server = "postgresql: {host: db, database: ml, user: exai, password: {secret: db, key: p}}"
    store = "features: {offline_store: {type: postgres, connection: %s}}}"
    both = f"connections: {{warehouse: {{{server}}}, lake: {{{server}}}}}, {store}"
    of_rows = (
        "source: {parquet: {path: data/measurements.parquet}}",
        "source: {sql: {connection: warehouse, table: m}}",
    )
    assert said(found((base, f"{base[:-1]}, {store % 'nothing'}")))[0][0] == "connection-missing"
    assert said(found((base, f"{base[:-1]}, {store % 'warehouse'}")))[0][0] == "store-mismatch"
    assert "store-mismatch" not in {c for c, _ in said(found((base, both % "warehouse"), of_rows))}
    (problem,) = [p for p in found((base, both % "lake"), of_rows) if p.code == "store-mismatch"]
    assert (problem.severity, len(problem.related)) == ("error", 2)
    file = found((base, both % "warehouse"))
    assert "store-mismatch" in {code for code, _ in said(file)}
    logged = ("ratios]\n", "ratios]\n  logging: {path: logs}\n")
    assert found(logged) == ()
    unused, problem = found((base, both % "warehouse"), of_rows, logged)
    assert unused.code == "unused-connection"
    assert (problem.code, problem.severity) == ("store-mismatch", "warning")
    assert "keeps no logs" in problem.message
    kept = ("  push: petals_push\n", "  push: petals_push\n  offline: true\n")
    assert found(kept) == ()
    unused, problem = found((base, both % "warehouse"), of_rows, kept)
    assert (problem.code, problem.severity) == ("store-mismatch", "warning")
    assert "nothing can be pushed to `petals`" in problem.message


def test_hints_about_stores_lead_in_no_circle() -> None:
    """With rows in a file and in a database, neither store joins both on a cluster."""
    views = "".join(
        document("Dataset", name, f"{{source: {{{source}}}, timestamp: at, schema: {schema}}}")
        + document("FeatureView", f"v_{name}", f"{{dataset: {name}, entities: [flower], {field}}}")
        for name, source, schema, field in (
            (
                "rows",
                "sql: {connection: db, table: r}",
                "{flower_id: int64, at: timestamp, b: float64}",
                "features: [b]",
            ),
        )
    )
    prod = (
        "\n    prod: {target: kubeflow, namespace: ml, data: {root: s3://a/b}, connections: {db: "
        "{postgresql: {host: h, database: d, user: u, password: {secret: s, key: k}}}}, "
        "features: {registry: {path: {secret: f, key: r}}, online_store: {type: redis, "
        "connection_string: {secret: f, key: c}}%s}}\n"
    )
    base = "    local: {target: local"
    dask = found((base, (prod % "").lstrip("\n") + base), more=views)
    (missing,) = [each for each in dask if each.code == "snapshot-missing" and "db" in each.message]
    assert "bring those of `petals` into `db`, too" in missing.hint
    store = ", offline_store: {type: postgres, connection: db}"
    postgres = found((base, (prod % store).lstrip("\n") + base), more=views)
    (mismatch,) = [each for each in postgres if each.code == "store-mismatch"]
    assert "or write `type: dask`" not in mismatch.hint
    assert "brings `v_rows` online only once its rows are Parquet, too" in mismatch.hint


STREAM = (
    "stream: {kafka: {name: %s, kafkaBootstrapServers: 'b:1', topic: %s, "
    "messageFormat: {json: {schemaJson: a int}}}}"
)


@pytest.mark.parametrize(
    ("features", "lacks"),
    [
        ("", {"features.registry", "features.online_store"}),
        (
            "features: {registry: {registry_type: sql, path: {secret: f, key: r}}}",
            {"features.online_store"},
        ),
        (
            "features: {online_store: {type: sqlite}}",
            {"features.registry", "features.online_store"},
        ),
        (
            "features: {registry: {registry_type: sql, path: {secret: f, key: r}}, "
            "online_store: {type: redis, connection_string: {secret: f, key: o}}}",
            set(),
        ),
    ],
)
def test_views_on_a_cluster_need_stores_that_all_pods_share(features: str, lacks: set[str]) -> None:
    old = "    local: {target: local,"
    prod = f"    prod:\n      target: kubeflow\n      {features}\n"
    told = found((old, prod + old))
    incomplete = [each.message for each in told if each.code == "incomplete-environment"]
    named = {message.split("`")[3] for message in incomplete}
    assert {name for name in named if name.startswith("features")} == lacks


def test_files_that_are_copied_find_only_what_is_copied_beside_them() -> None:
    base = "connections: {warehouse: {sqlite: {path: data/iris.db}}}}"
    named = (
        base,
        f"{base[:-1]}, features: {{files: [labels.py, more/tags.py, gone.py, bad.py]}}}}",
    )
    files = {
        "ratios.py": FUNCTION,
        "labels.py": "import tags\nfrom definitions import view_petals\n\nimport shapes\n",
        "more/tags.py": "from . import labels\n",
        "bad.py": "x = (\n",
    }
    components = replace(
        CATALOG,
        files=MappingProxyType(files),
        modules=frozenset({"shapes", "tags", "labels", "definitions"}),
    )
    told = [(p.code, p.at.path, p.at.line) for p in check(project_of(named), components)]
    assert sorted(told)[:2] == [
        ("local-import", "labels.py", 4),
        ("local-import", "more/tags.py", 1),
    ]
    assert [(code, path) for code, path, _ in sorted(told)[2:]] == [
        ("missing-file", "exai.yaml"),
        ("python-syntax", "bad.py"),
    ]


@pytest.mark.parametrize(
    "files", ["[a.py, b/a.py]", "[definitions.py]", "[transforms.py]", "[a.txt]", "[b/1.py]"]
)
def test_files_that_can_t_be_copied(files: str) -> None:
    base = "connections: {warehouse: {sqlite: {path: data/iris.db}}}}"
    text = TEXT.replace(base, f"{base[:-1]}, features: {{files: {files}}}}}")
    first, *_ = read(text, "exai.yaml")[0]
    problems = parse(first)
    assert isinstance(problems, tuple)
    assert [p.code for p in problems] in (["invalid-value"], ["invalid-name"])


def test_streams_have_names_of_their_own() -> None:
    def of(*streams: tuple[str, str]) -> list[str]:
        body = "{dataset: measurements, entities: [flower], features: [petal_width], "
        views = "".join(
            document("FeatureView", f"more{at}", f"{body}{STREAM % one}}}")
            for at, one in enumerate(streams)
        )
        return [code for code, _ in said(found(more=views)) if code == "feature-clash"]

    assert of(("one", "t"), ("two", "t"), ("one", "t")) == []
    assert of(("one", "t"), ("ONE", "other")) == ["feature-clash"]
    assert of(("Measurements", "t")) == ["feature-clash"]
    assert of(("petals_push", "t")) == ["feature-clash"]


def test_what_is_left_undone_here_is_said_once_a_field() -> None:
    view = (
        "{dataset: measurements, entities: [flower], features: [petal_width], "
        f"{STREAM % ('one', 't')}, "
        "aggregations: [{column: width, function: max, name: petal_width}]}"
    )
    logged = ("ratios]\n", "ratios]\n  logging: {path: logs}\n")
    project = project_of(logged, more=document("FeatureView", "streamed", view))
    told = [
        (note.code, note.severity, note.message.split("`")[1])
        for note in parity(project, "local")
        if note.message.startswith(("FeatureView/streamed", "FeatureService"))
    ]
    assert sorted(told) == [
        ("local-parity", "note", field) for field in ("aggregations", "logging", "stream")
    ]


def test_the_order_of_documents_never_matters() -> None:
    edits = [("dataset: measurements", "dataset: flowers"), ("ratios]\n", "ratio]\n")]
    specs = specs_of(*edits)
    first = found(*edits)
    assert first
    for seed in range(5):
        random.Random(seed).shuffle(specs)  # noqa: S311 - an order, not a secret
        project = link(specs)
        assert project is not None
        files = MappingProxyType({"ratios.py": FUNCTION})
        assert check(project, replace(CATALOG, files=files)) == first


OWN = """def load(rows: Output[Dataset]):
    pass


def train(data: Input[Dataset], model: Output[Model]):
    pass
"""


def own_code(*edits: Edit, more: str = "") -> tuple[Diagnostic, ...]:
    files = MappingProxyType({"ratios.py": FUNCTION, "own.py": OWN})
    return check(project_of(*edits, more=more), replace(CATALOG, files=files))


TRAINED_BY_H2O = """      uses: train-h2o
      with:
        data: ${{ steps.split.train }}
        algorithm: gbm
        target: species
        features: [petal_length, petal_ratio, slenderness]
        seed: 42
"""
TRAINED = (
    TRAINED_BY_H2O,
    "      python: own.py:train\n      with: {data: '${{ steps.split.train }}'}\n",
)
SIGNATURE = """  task: classification
  signature:
    inputs: {petal_length: float64, petal_ratio: float64, slenderness: float64}
    outputs: {species: string}
    features: flower_features
"""


def test_a_model_of_own_code_says_what_it_takes_in_its_signature() -> None:
    told = ("  task: classification\n", SIGNATURE)
    assert own_code(TRAINED, told) == ()
    served = "  features:\n    service: flower_features\n    onMissing: default\n" + DEFAULTS
    (problem,) = own_code(TRAINED, told, (served, ""))
    assert problem.code == "features-mismatch"
    assert "was trained on features of `flower_features`" in problem.message
    none = (told[0], told[1].replace("    features: flower_features\n", ""))
    (problem,) = own_code(TRAINED, none)
    assert "wasn't trained on features" in problem.message


def test_features_are_not_added_to_rows_that_own_code_makes() -> None:
    rows = "      uses: load-dataset\n      with: {dataset: flowers}"
    made = (rows, "      python: own.py:load")
    taken = ("data: ${{ steps.load.data }}", "data: ${{ steps.load.rows }}")
    problems = [p for p in own_code(made, taken) if p.code == "missing-timestamp"]
    assert [p.message for p in problems] == [
        "nobody knows the columns and the time of what step `load` makes"
    ]


def test_the_rows_time_is_a_time() -> None:
    problems = found(("    seen_at: timestamp", "    seen_at: string"))
    assert said(problems) == [
        ("missing-timestamp", "`timestamp` of Dataset `flowers` is string, which is no time")
    ]


def test_what_a_request_holds_is_one_thing() -> None:
    more = document(
        "FeatureView",
        "sizes",
        "{transform: {python: 'ratios.py:ratios', request: {name: bid, schema: {height: string}}},"
        " schema: {size: float64}}",
    )
    features = ('["petals:petal_length", ratios]', '["petals:petal_length", ratios, sizes]')
    messages = [message for code, message in said(found(features, more=more))]
    assert (
        "`height` is float64 in the request of `ratios`, and string in that of `sizes`" in messages
    )
    other = more.replace("name: bid", "name: offer")
    messages = [message for code, message in said(found(features, more=other))]
    assert "there is a request source `offer` already, of other data or columns" in messages
    taken = more.replace("{height: string}", "{slenderness: float64}")
    messages = [message for code, message in said(found(features, more=taken))]
    assert "the feature `slenderness` is a request column of `sizes`, too" in messages


@pytest.mark.parametrize(
    ("type_", "value", "fits"),
    [
        ("{list: int64}", "[1, 2]", True),
        ("{list: int64}", "[1, x]", False),
        ("{map: float64}", "{a: 1.5}", True),
        ("{struct: {a: string}}", "{a: b}", True),
        ("{struct: {a: string}}", "{b: c}", False),
        ("timestamp", "'2026-01-01T00:00:00Z'", True),
    ],
)
def test_a_default_of_any_type(type_: str, value: str, fits: bool) -> None:
    problems = found(
        (
            "{petal_ratio: float64, slenderness: float64}",
            f"{{petal_ratio: {type_}, slenderness: float64}}",
        ),
        ("petal_ratio: 3.0", f"petal_ratio: {value}"),
    )
    codes = [problem.code for problem in problems if problem.code == "feature-default"]
    assert codes == ([] if fits else ["feature-default"])


FILES = (
    "{uri: 's3://acme-ml/m', format: sklearn, "
    "signature: {inputs: {%s}, outputs: {species: string}%s}}"
)
ON_FEATURES = ", features: flower_features"


def serving(inputs: str, of: str, more: str) -> list[str]:
    """What doesn't fit a service of files with such a signature, which says more."""
    text = document("Service", "by-files", f"{{model: {FILES % (inputs, of)}{more}}}")
    return [
        p.message for p in found(more=text) if p.code in ("features-mismatch", "unknown-reference")
    ]


@pytest.mark.parametrize(
    ("inputs", "of", "more", "message"),
    [
        ("petal_length: float64", ON_FEATURES, ", features: flower_features", None),
        ("petal_length: float64", "", ", features: flower_features", None),
        ("petal_length: float64", ", features: none", "", "there is no FeatureService `none`"),
        (
            "petal_length: float64",
            ON_FEATURES,
            "",
            "`model` was trained on features of `flower_features`, and the service looks none up",
        ),
        (
            "petal_length: float32",
            ON_FEATURES,
            ", features: flower_features",
            "`petal_length` is float32 here, and float64 in the view `petals`",
        ),
        (
            "petal_length: float32",
            "",
            ", features: flower_features",
            "`petal_length` is float64 in the view `petals`, and the model takes float32",
        ),
        (
            "size: float32",
            "",
            ", features: flower_features",
            "`flower_features` gives no column that the model takes",
        ),
        # What a transformer of the user's own makes of a request, nobody knows.
        ("petal_length: float64", ON_FEATURES, ", transformer: {image: a/b}", None),
    ],
)
def test_files_in_place_say_what_they_take(
    inputs: str, of: str, more: str, message: str | None
) -> None:
    assert serving(inputs, of, more) == ([] if message is None else [message])


def test_a_model_of_files_says_what_it_takes() -> None:
    model = document(
        "Model",
        "files",
        "{task: other, source: {uri: 's3://a/m', format: sklearn}, signature: {inputs: "
        f"{{petal_length: float64}}, outputs: {{species: string}}{ON_FEATURES}}}}}",
    )
    service = document("Service", "by-files", "{model: files}")
    (problem,) = [p for p in found(more=model + service) if p.code == "features-mismatch"]
    assert problem.message.startswith("`files` was trained on features of `flower_features`")
    assert problem.related[0][1].path == "exai.yaml"


def test_a_canary_is_trained_on_what_is_looked_up() -> None:
    canary = f"canary: {{traffic: 10%, model: {FILES % ('size: float64', '')}}}"
    text = document(
        "Service",
        "by-files",
        f"{{model: {FILES % ('petal_length: float64', '')}, features: flower_features, {canary}}}",
    )
    problems = [p for p in found(more=text) if p.code in ("features-mismatch", "request-mismatch")]
    assert [p.message for p in problems if p.code == "features-mismatch"] == [
        "`flower_features` gives no column that the model takes"
    ]
    assert any("takes a column `size`" in p.message for p in problems)


@pytest.mark.parametrize(
    ("features", "hint"),
    [
        ("[fare]", "take inputs of other types instead, such as text or numbers"),
        ("[miles, fare]", "take a view without it, or write `mode: pandas`"),
    ],
)
def test_pandas_is_offered_where_feast_takes_it(features: str, hint: str) -> None:
    columns = "{driver_id: int64, at: timestamp, fare: decimal, miles: float64}"
    more = (
        document(
            "Dataset",
            "trips",
            f"{{source: {{parquet: {{path: t}}}}, timestamp: at, schema: {columns}}}",
        )
        + document("Entity", "driver", "{type: int64, key: driver_id}")
        + document(
            "FeatureView", "paid", f"{{dataset: trips, entities: [driver], features: {features}}}"
        )
        + document(
            "FeatureView",
            "dear",
            "{transform: {python: ratios.py:ratios, mode: python, sources: [paid]}, "
            "schema: {each: float64}}",
        )
    )
    told = [each.hint for each in found(more=more) if each.code == "untried-input"]
    assert told == [hint]
