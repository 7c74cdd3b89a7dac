"""Sentences of the language that one rule each holds: what it refuses, and what it lets be."""

from __future__ import annotations

import pytest

from exai_compiler.catalog import Catalog
from exai_compiler.checks import check
from exai_compiler.checks.told_once import MOST, told_once
from exai_compiler.project import link
from exai_runtime.workspace import component_catalog
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

DIGEST = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
HEAD = "apiVersion: exai.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
MODE = "{mode: Knative}"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return component_catalog()


def document(kind: str, name: str, spec: str) -> str:
    return HEAD.format(kind=kind, name=name, spec=spec)


def said(
    catalog: Catalog, *documents: str, environment: str = "", severity: str = "error"
) -> list[Diagnostic]:
    """The errors, or what is less, of a project for one cluster."""
    images = f"images: {{serve: 'example.com/serve@{DIGEST}'}}"
    given = f"{{target: kubeflow, namespace: ml, {images}, {environment}}}"
    project = document("Project", "shop", f"{{environments: {{prod: {given}}}}}")
    found, problems = read("---\n".join((project, *documents)), "exai.yaml")
    assert problems == ()
    specs = [parse(each) for each in found]
    assert all(isinstance(spec, Spec) for spec in specs), specs
    linked = link(spec for spec in specs if isinstance(spec, Spec))
    assert linked is not None
    return [each for each in check(linked, catalog) if each.severity == severity]


SERVING = "serving: {mode: Knative, gatewayApi: true}"
FILES = "{model: {uri: s3://a/b, format: onnx}}"
STANDARD = "{model: {uri: s3://a/b, format: onnx}, mode: Standard}"


@pytest.mark.parametrize(
    ("documents", "codes"),
    [
        ((), ["serving-mode"]),
        ((document("Service", "faces", FILES),), ["serving-mode"]),
        ((document("Service", "faces", STANDARD),), []),
        ((document("LLMService", "chat", "{model: {uri: hf://a/b}}"),), []),
    ],
)
def test_the_gateway_api_is_for_somebody(
    catalog: Catalog, documents: tuple[str, ...], codes: list[str]
) -> None:
    found = said(catalog, *documents, environment=SERVING)
    assert [each.code for each in found] == codes


def test_a_canary_of_knative_has_no_number_of_its_own(catalog: Catalog) -> None:
    canary = "canary: {model: {uri: s3://a/c, format: onnx}, traffic: 10%, replicas: 1}"
    service = document("Service", "faces", f"{FILES[:-1]}, {canary}}}")
    (found,) = said(catalog, service, environment=f"serving: {MODE}")
    assert (found.code, found.at.line) == ("serving-mode", 9)
    assert said(catalog, service, environment="serving: {mode: Standard, gatewayApi: true}") == []


@pytest.mark.parametrize(
    ("path", "data", "codes"),
    [
        ("data/x.db", "", ["data-not-reachable"]),
        ("data/x.db", "data: {root: s3://acme/data}", ["data-not-reachable"]),
        ("data/x.db", "data: {root: /mnt/data}", []),
        ("/mnt/data/x.db", "", []),
    ],
)
def test_a_sqlite_file_is_where_pods_see_it(
    catalog: Catalog, path: str, data: str, codes: list[str]
) -> None:
    given = f"{data}{', ' if data else ''}connections: {{w: {{sqlite: {{path: {path}}}}}}}"
    found = said(catalog, environment=given, severity="warning")
    assert [each.code for each in found if each.code == "data-not-reachable"] == codes


@pytest.mark.parametrize(
    ("root", "codes"),
    [
        ("data", ["data-not-reachable"]),
        ("./data", ["data-not-reachable"]),
        ("~/data", ["data-not-reachable"]),
        ("/mnt/data", []),
        ("s3://acme/data", []),
    ],
)
def test_the_data_root_of_a_cluster_is_a_place_of_its_own(
    catalog: Catalog, root: str, codes: list[str]
) -> None:
    found = said(catalog, environment=f"data: {{root: {root}}}")
    assert [each.code for each in found] == codes
    assert all("s3:// or gs:// URI" in each.hint for each in found)


REACHED, LEAVES = "data-not-reachable", "path-leaves-project"
DATA = "{{source: {{csv: {{path: s3://a/b.csv}}}}, {more}, schema: {{{schema}}}}}"


@pytest.mark.parametrize(
    ("more", "schema", "code"),
    [
        ("key: [a]", "a: {list: int64}", "unusable-key"),
        ("key: [a]", "a: json", "unusable-key"),
        ("key: [a]", "a: uuid", ""),
        ("timestamp: a", "a: int64", "missing-timestamp"),
        ("created: a", "a: string", "missing-timestamp"),
        ("timestamp: a, created: b", "a: date, b: timestamp", ""),
    ],
)
def test_columns_can_be_what_they_are_said_to_be(
    catalog: Catalog, more: str, schema: str, code: str
) -> None:
    found = said(catalog, document("Dataset", "orders", DATA.format(more=more, schema=schema)))
    assert [each.code for each in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("source", "root", "places"),
    [
        ("parquet: {path: s3://a/b}", "", []),
        ("json: {path: gs://a/b.json}", "az://a/b", []),
        ("csv: {path: az://a/b.csv}", "", [(5, "az")]),
        ("parquet: {path: https://a/b.parquet}", "s3://a", [(5, "https")]),
        ("csv: {path: b.csv}", "az://a/b", [(4, "az")]),
        ("csv: {path: b.csv}", "file:///mnt/data", []),
        ("csv: {path: b.csv}", "/mnt/data", []),
    ],
)
def test_files_are_where_steps_can_read_them(
    catalog: Catalog, source: str, root: str, places: list[tuple[int, str]]
) -> None:
    data = document("Dataset", "d", f"{{source: {{{source}}}, schema: {{a: int64}}}}")
    found = said(catalog, data, environment=f"data: {{root: '{root}'}}" if root else "")
    wanted = [("data-not-reachable", 4 if line == 4 else 9, scheme) for line, scheme in places]
    assert [(e.code, e.at.line, e.message.rpartition(" ")[2][:-3]) for e in found] == wanted
    assert all(("http:" in e.hint) is e.message.endswith("https://") for e in found)


@pytest.mark.parametrize(
    ("source", "code", "message", "hint"),
    [
        ("csv: {path: 's3://a'}", REACHED, "`s3://a` is a bucket, and", "s3://a/FOLDER/FILE.csv"),
        ("json: {path: 'gs://a/'}", REACHED, "`gs://a/` is a buck", "gs://a/FOLDER/FILE.json"),
        ("csv: {path: 's3://a/./'}", REACHED, "`s3://a/./` is a bucket", "s3://a/FOLDER/FILE.csv"),
        ("parquet: {path: 's3://a'}", "", "", ""),
        ("csv: {path: 's3:///b.csv'}", REACHED, "`s3:///b.csv` names no bucket", "s3://BUCKET/"),
        ("parquet: {path: 'gs://'}", REACHED, "`gs://` names no bucket", "gs://BUCKET/"),
        ("csv: {path: 's3://a/../b.csv'}", LEAVES, "leads out of the bucket a", "FILE.csv"),
        ("csv: {path: 's3://a//b.csv'}", LEAVES, "leads out of the bucket a", "FILE.csv"),
        ("csv: {path: 's3://a/b/../c.csv'}", "", "", ""),
        # What a local path would leave the project by is in a key a letter.
        ("csv: {path: 's3://a/~tmp/b.csv'}", "", "", ""),
        ("csv: {path: 's3://a/b:/c.csv'}", "", "", ""),
        ("csv: {path: 's3://a/..\\b.csv'}", "", "", ""),
        ("csv: {path: 's3://a/../../../b.csv'}", LEAVES, "leads out of the bucket a", "FILE.csv"),
        ("csv: {path: 'C://a/b.csv'}", LEAVES, "leads out of the data root", "a path below it"),
        ("csv: {path: '../a://b.csv'}", LEAVES, "leads out of the data root", "a path below it"),
    ],
)
def test_a_uri_names_a_file_in_a_bucket(
    catalog: Catalog, source: str, code: str, message: str, hint: str
) -> None:
    """Otherwise the step would end at it."""
    found = said(
        catalog, document("Dataset", "d", f"{{source: {{{source}}}, schema: {{a: int64}}}}")
    )
    assert [each.code for each in found] == ([code] if code else [])
    for each in found:
        assert message in each.message and hint in each.hint
        before = f"spec: {{source: {{{source.partition('path: ')[0]}path: "
        assert (each.at.line, each.at.column) == (9, len(before) + 1)


@pytest.mark.parametrize("root", ["s3:///data", "s3://"])
def test_a_data_root_names_a_bucket(catalog: Catalog, root: str) -> None:
    (found,) = said(catalog, environment=f"data: {{root: '{root}'}}")
    assert (found.code, found.environments) == (REACHED, ("prod",))
    assert found.message == "the data root of `prod` names no bucket"


@pytest.mark.parametrize("root", ["s3://a/b", "file:///mnt/data"])
def test_a_local_data_root_is_a_folder(catalog: Catalog, root: str) -> None:
    here = f"pipelines: {{mode: kubernetes}}}}, local: {{target: local, data: {{root: '{root}'}}"
    (found,) = [each for each in said(catalog, environment=here) if "data root" in each.message]
    assert (found.code, "`local`" in found.message) == ("data-not-reachable", True)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("accessModes: [ReadWriteOnce], resources: {requests: {storage: -3}}", "must be an amount"),
        ("accessModes: [ReadWriteOnce], resources: {requests: {storage: 0}}", "more than nothing"),
        ("accessModes: [ReadWriteOnce], resources: {requests: {storage: 500m}}", "whole bytes"),
        ("accessModes: [ReadWriteOnce]", "`spec.resources.requests.storage` of the Persist"),
        ("resources: {requests: {storage: 1Gi}}", "`spec.accessModes` of the Persist"),
        ("accessModes: [RWX], resources: {requests: {storage: 1Gi}}", "is no mode"),
        (
            "accessModes: [ReadWriteOncePod, ReadOnlyMany], resources: {requests: {storage: 1}}",
            "has more than ReadWriteOncePod",
        ),
        ("accessModes: [ReadWriteOnce], resources: {requests: {storage: 3Gi}}", ""),
    ],
)
def test_a_claim_as_kubernetes_takes_it(catalog: Catalog, spec: str, words: str) -> None:
    manifest = f"{{apiVersion: v1, kind: PersistentVolumeClaim, spec: {{{spec}}}}}"
    found = said(catalog, document("Manifest", "photos", f"{{manifest: {manifest}}}"))
    assert [each.code for each in found] == (["manifest-invalid"] if words else [])
    assert all(words in each.message for each in found)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("data: {region: eu}", ""),
        ("data: {port: 8080}", "`data.port` of the ConfigMap must be text"),
        ("data: {on: true}", "`data.on` of the ConfigMap must be text"),
        ("data: [a]", "`data` of the ConfigMap must be a mapping"),
        ("binaryData: {a: {b: c}}", "`binaryData.a` of the ConfigMap must be text"),
    ],
)
def test_a_config_map_holds_text(catalog: Catalog, data: str, words: str) -> None:
    manifest = f"{{apiVersion: v1, kind: ConfigMap, {data}}}"
    found = said(catalog, document("Manifest", "settings", f"{{manifest: {manifest}}}"))
    assert [each.code for each in found] == (["manifest-invalid"] if words else [])
    assert all(words in each.message for each in found)


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        ("{policyTypes: [Ingress, Egress], egress: []}", ""),
        ("{ingress: [{from: [{namespaceSelector: {matchLabels: {a: b}}}]}]}", ""),
        ("{policyTypes: [Ingres]}", "must be one of Ingress, Egress"),
        ("{egres: []}", "there is no field egres"),
        ("{egress: [{to: [{ipBlock: {}}]}]}", "has no cidr"),
    ],
)
def test_a_patch_of_a_network_policy_is_as_strict(catalog: Catalog, patch: str, words: str) -> None:
    service = f"{FILES[:-1]}, patches: {{NetworkPolicy: {{spec: {patch}}}}}}}"
    environment = "serving: {mode: Standard}, security: {networkPolicies: true}"
    found = said(catalog, document("Service", "faces", service), environment=environment)
    assert [each.code for each in found] == (["patch-invalid"] if words else [])
    assert all(words in each.message for each in found)


def test_a_patch_may_say_a_field_of_a_newer_kubernetes(catalog: Catalog) -> None:
    service = f"{FILES[:-1]}, patches: {{NetworkPolicy: {{spec: {{audit: true}}}}}}}}"
    environment = "serving: {mode: Standard}, security: {networkPolicies: true}"
    faces = document("Service", "faces", service)
    assert said(catalog, faces, environment=environment) == []
    told = said(catalog, faces, environment=environment, severity="warning")
    (found,) = [each for each in told if each.code == "newer-field"]
    assert found.message == "Kubernetes 1.30 has no field audit in `spec` of the NetworkPolicy"


def test_containers_of_a_pod_are_told_apart(catalog: Catalog) -> None:
    image = f"image: 'example.com/x@{DIGEST}'"
    beside = f"sidecars: {{a: {{{image}}}}}, initContainers: {{a: {{{image}}}, b: {{{image}}}}}"
    service = document("Service", "faces", f"{FILES[:-1]}, {beside}}}")
    chat = document("LLMService", "chat", f"{{model: {{uri: hf://a/b}}, {beside}}}")
    found = said(catalog, service, chat, environment="serving: {mode: Standard}")
    assert [each.code for each in found] == ["duplicate-name"] * 2
    assert all(each.related[0][0] == "the sidecar" for each in found)


def test_what_several_documents_meet_in_one_place_is_told_once() -> None:
    def told(number: int, message: str = "no Python") -> Diagnostic:
        at = Span("a.py", 3, 1)
        related = ((f"step `s{number}` asks for it", Span("p.yaml", number)),)
        return Diagnostic("python-syntax", message, at, related=related)

    found = told_once([told(1), told(2), told(1, "other"), told(3), told(1)])
    assert [each.message for each in found] == ["no Python", "other"]
    assert [place.line for _, place in found[0].related] == [1, 2, 3]
    (many,) = told_once(map(told, range(1, 31)))
    assert len(many.related) == MOST
    assert many.related[-1] == ("and 21 more, from here", Span("p.yaml", 10))


def test_five_steps_with_one_broken_file(catalog: Catalog) -> None:
    steps = ", ".join(f"s{number}: {{python: 'broken.py:f'}}" for number in range(5))
    broken = Catalog(catalog.components, {"broken.py": "def f(:\n"})
    found = said(broken, document("Pipeline", "many", f"{{steps: {{{steps}}}}}"))
    assert [each.code for each in found] == ["python-syntax"]
    assert [words for words, _ in found[0].related] == [
        f"step `s{number}` asks for it" for number in range(5)
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("--name={{.Name}}", False),
        ('--team={{ index .Labels "team" }}', False),
        ("--in={{ .Namespace }}", False),
        ("--name={{.Nmae}}", True),
        ("--name={{- .Model }}", True),
    ],
)
def test_a_runtime_takes_fields_of_a_service_s_metadata(
    catalog: Catalog, text: str, told: bool
) -> None:
    image = f"image: 'example.com/x@{DIGEST}', formats: {{onnx: {{}}}}"
    found = said(catalog, document("Runtime", "mine", f"{{{image}, args: ['{text}']}}"))
    assert [each.code for each in found] == ["runtime-placeholder"] * told


LOOPED = [
    "image: '${{ %s }}'",
    "image: x, resources: {memory: '${{ %s }}'}",
    "image: x, resources: {cpu: 1, limits: {cpu: '${{ %s }}'}}",
    "image: x, env: {T: {secret: '${{ %s }}', key: k}}",
    "image: x, env: {T: {configMap: '${{ %s }}', key: k}}",
    "image: x, volumes: {/d: {pvc: '${{ %s }}'}}",
    "image: x, volumes: {/d: {secret: '${{ %s }}'}}",
    "image: x, volumes: {/d: {configMap: '${{ %s }}'}}",
    "image: x, imagePullSecrets: [{name: '${{ %s }}'}]",
    "image: x, nodeSelector: '${{ %s }}'",
    "image: x, tolerations: '${{ %s }}'",
]


def looped(items: str, fields: str) -> str:
    parameters = "{rates: {type: {list: {struct: {m: string}}}, default: [{m: 1Gi}]}}"
    step = f"{{forEach: {{in: {items}, as: rate}}, command: [x], {fields}}}"
    return document("Pipeline", "p", f"{{parameters: {parameters}, steps: {{say: {step}}}}}")


@pytest.mark.parametrize("fields", LOOPED)
def test_a_name_that_a_loop_gives_is_a_field_of_its_item(catalog: Catalog, fields: str) -> None:
    def codes(items: str, given: str) -> list[tuple[str, str]]:
        found = said(catalog, looped(items, fields.replace("%s", given)))
        return [(each.code, each.message) for each in found if "rate" in each.message]

    declared = "'${{ parameters.rates }}'"
    said_of = ("unknown-reference", "there is no field of `rate` named `mm`")
    assert codes(declared, "rate.mm") == [said_of]
    assert codes("[{m: 1Gi}]", "rate.mm") == [said_of]
    plain = ("untyped-loop", "`rate` is a string, which has no field `x`")
    assert codes("[1Gi]", "rate.x") == [plain]
    of_any = (
        "untyped-loop",
        "nobody knows what `rate` is, so it can only be given whole to an input that has "
        "a type of its own",
    )
    lacking = ("unknown-reference", "this item has no `m`, which the loop reads as `rate.m`")
    assert lacking in codes("[{m: 1Gi}, {n: 1Gi}]", "rate.m")
    assert codes("[{m: 1Gi}, {m: 1}]", "rate.m") == [of_any]
    is_placement = "nodeSelector" in fields or "tolerations" in fields
    assert codes("[1Gi, 2]", "rate") == ([] if is_placement else [of_any])
    # What is right, as far as it goes: a struct is a placement, a text is a name or an amount.
    assert codes(declared, "rate" if is_placement else "rate.m") == []


@pytest.mark.parametrize(
    ("fields", "field", "refused"),
    [
        ("nodeSelector: '${{ rate }}'", "{disk: ssd}", False),
        ("nodeSelector: '${{ rate }}'", "{disk: 1}", True),
        ("tolerations: '${{ rate }}'", "{key: a, tolerationSeconds: 1}", False),
        ("resources: {memory: '${{ rate }}'}", "{disk: ssd}", True),
    ],
)
def test_a_struct_is_a_placement_where_its_fields_are(
    catalog: Catalog, fields: str, field: str, refused: bool
) -> None:
    found = said(catalog, looped(f"[{field}]", f"image: x, {fields}"))
    assert [each.code for each in found if "`rate`" in each.message] == (
        ["wrong-input-type"] if refused else []
    )


@pytest.mark.parametrize(
    ("default", "schedule", "told"),
    [
        ("[{m: 1Gi}, {m: 2Gi, n: a}]", "", []),
        ("[{m: 1Gi}, {n: a}]", "", [("{n: a}", "this item has no `m`")]),
        ("[{}]", "", [("{}", "this item has no `m`")]),
        ("[{m: 1Gi}]", "[{n: b}]", [("{n: b}", "this item has no `m`")]),
    ],
)
def test_each_item_has_the_fields_that_the_loop_reads(
    catalog: Catalog, default: str, schedule: str, told: list[tuple[str, str]]
) -> None:
    type_ = "{list: {struct: {m: string, n: string}}}"
    loop = "forEach: {in: '${{ parameters.rates }}', as: rate}"
    steps = (
        f"{{say: {{{loop}, image: x, command: [x], resources: {{memory: '${{{{ rate.m }}}}'}}}}}}"
    )
    on = f"schedules: {{s: {{cron: '0 3 * * *', parameters: {{rates: {schedule}}}}}}}, "
    spec = (
        f"{{parameters: {{rates: {{type: {type_}, default: {default}}}}}, "
        f"{on if schedule else ''}steps: {steps}}}"
    )
    text = document("Pipeline", "p", spec)
    found = [each for each in said(catalog, text) if each.code == "unknown-reference"]
    line = text.splitlines()[-1]
    assert [each.message.partition(",")[0] for each in found] == [message for _, message in told]
    for each, (item, _) in zip(found, told, strict=True):
        assert line[each.at.column - 1 :].startswith(item)


GRAPH = "{nodes: {root: {routerType: Sequence, steps: [{service: NAME}]}}}"


@pytest.mark.parametrize(
    ("service", "step", "told"),
    [
        (STANDARD, "faces", []),
        (f"{STANDARD[:-1]}, protocol: grpc-v2}}", "faces", ["graph-step"]),
        (STANDARD, "root", ["unknown-reference"]),
    ],
)
def test_what_a_graph_asks(catalog: Catalog, service: str, step: str, told: list[str]) -> None:
    graph = document("Graph", "all", GRAPH.replace("NAME", step))
    documents = (document("Service", "faces", service), graph)
    found = said(catalog, *documents, environment="serving: {mode: Standard}")
    assert [each.code for each in found] == told
    assert all("protocol v1 or v2" in each.hint or "`node: root`" in each.hint for each in found)


def test_a_runtime_that_is_taken_by_name_alone(catalog: Catalog) -> None:
    runtime = f"{{image: 'example.com/x@{DIGEST}', formats: {{faces: {{}}}}, protocols: [v2]}}"
    service = "{model: {uri: s3://a/b, format: faces}}"
    documents = (document("Runtime", "own", runtime), document("Service", "f", service))
    (found,) = said(catalog, *documents, environment="serving: {mode: Standard}")
    assert (found.code, "autoSelect" in found.hint) == ("format-unsupported", True)


@pytest.mark.parametrize(("runtime", "told"), [("", 1), (", runtime: kserve-openvino", 0)])
def test_a_runtime_that_kserve_does_not_install(catalog: Catalog, runtime: str, told: int) -> None:
    service = document("Service", "f", f"{{model: {{uri: s3://a/b, format: openvino}}{runtime}}}")
    mode = "serving: {mode: Standard}"
    found = said(catalog, service, environment=mode, severity="warning")
    assert [each.code for each in found].count("unknown-runtime") == told


@pytest.mark.parametrize(
    ("patch", "told"),
    [
        ("{resumePolicy: LongRunning}", []),
        ("{metricsCollectorSpec: {collector: {kind: StdOut}}}", []),
        ("{resumePolcy: Never}", ["patch-invalid"]),
        ("{resumePolicy: Always}", ["patch-invalid"]),
        ("{nasConfg: {}}", ["patch-invalid"]),
    ],
)
def test_a_patch_of_an_experiment_is_as_strict(
    catalog: Catalog, patch: str, told: list[str]
) -> None:
    trial = (
        f"{{image: 'example.com/x@{DIGEST}', command: [x], with: {{lr: '${{{{ trial.lr }}}}'}}}}"
    )
    search = "objective: {metric: accuracy, type: maximize}, algorithm: {name: tpe}"
    space = "parameters: {lr: {type: double, min: 0.1, max: 1}}"
    spec = f"{{{search}, {space}, trial: {trial}, patches: {{Experiment: {{spec: {patch}}}}}}}"
    assert [each.code for each in said(catalog, document("Tuning", "t", spec))] == told
