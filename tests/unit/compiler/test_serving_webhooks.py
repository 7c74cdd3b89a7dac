"""What the webhooks of KServe, Knative and KEDA refuse of a service, and no schema says; and what
their controllers would do otherwise than the spec has it.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from exai_compiler.backends.kserve.service import render_service
from exai_compiler.build import Rendered
from exai_compiler.catalog import catalog
from exai_compiler.checks import check
from exai_compiler.facts import Facts, Lock, ModelVersion
from exai_compiler.maybe import Known
from exai_compiler.project import Project, link
from exai_compiler.resolved import Resolved
from exai_specs.documents import read
from exai_specs.identity import Ref
from exai_specs.parse import Spec, parse

COMPONENTS = Path(__file__).parents[3] / "components/exai_components"
CATALOG = catalog({str(path): path.read_text() for path in COMPONENTS.glob("*/component.yaml")})
VERSION = ModelVersion(model="iris_model", number=3, uri="s3://a/b", digest="", run_key="f")
DIGEST = "@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
HEAD = f"""
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {{name: scoring}}
spec:
  exai: ">=0.1"
  environments:
    prod:
      target: kubeflow
      namespace: ml-prod
      serving: {{mode: Standard, gatewayApi: true}}
      images: {{serve: "example.com/serve{DIGEST}"}}
"""
IMAGE = f'image: "example.com/x{DIGEST}"'


def project_of(*documents: str, platform: str = "latest", mode: str = "Standard") -> Project:
    head = HEAD.replace("namespace: ml-prod", f"namespace: ml-prod\n      platform: {platform}")
    if mode == "Knative":
        head = head.replace("{mode: Standard, gatewayApi: true}", "{mode: Knative}")
    found, problems = read("\n---\n".join([head, *documents]), "exai.yaml")
    specs = [parse(document) for document in found]
    assert problems == () and all(isinstance(spec, Spec) for spec in specs), specs
    project = link(spec for spec in specs if isinstance(spec, Spec))
    assert project is not None
    return project


def rendered(*documents: str) -> tuple[Rendered, ...]:
    """What Service `a` is, where its model has a version."""
    project = project_of(*documents)
    environment = project.environment("prod")
    assert environment is not None
    empty: Any = MappingProxyType({})
    where = Resolved(
        project=project,
        name="prod",
        environment=environment,
        catalog=CATALOG,
        lock=Lock(),
        facts=Facts(),
        graphs=empty,
        meanings=empty,
        producers=empty,
        models=MappingProxyType({"iris_model@champion": Known(VERSION)}),
        promotions=(),
        runs=(),
        waiting=(),
    )
    return render_service(where, project.specs[Ref("Service", "a")])


def said(*documents: str, platform: str = "latest") -> list[tuple[str, str]]:
    """The code and the message of all that is wrong with the documents in one environment."""
    found = check(project_of(*documents, platform=platform), CATALOG)
    return [(each.code, each.message) for each in found]


def service(body: str, name: str = "a") -> str:
    lines = "".join(f"  {line}\n" for line in body.strip().splitlines())
    return (
        "apiVersion: exai.dev/v1alpha1\nkind: Service\n"
        f'metadata: {{name: {name}}}\nspec:\n  model: {{uri: "s3://acme-ml/m", format: sklearn}}\n'
        f"{lines}"
    )


def runtime(name: str, body: str) -> str:
    return (
        "apiVersion: exai.dev/v1alpha1\nkind: Runtime\n"
        f"metadata: {{name: {name}}}\nspec:\n  {IMAGE}\n  {body}\n"
    )


ONE_PORT = "Knative mode has one port in a pod, and there is another"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("ports: {http1: 8080}", None),
        ("ports: {h2c: 9000}", None),
        ("ports: {metrics: 8080}", "Knative mode has no port called `metrics`"),
        ("ports: {http1: 9090}", "Knative's own proxy has the port 9090"),
        ("ports: {h2c: 9000, http1: 8080}", ONE_PORT),
        (f"ports: {{http1: 8080}}\nsidecars: {{x: {{{IMAGE}}}}}", None),
        (f"sidecars: {{x: {{{IMAGE}, ports: {{http1: 8080}}}}}}", None),
        (f"ports: {{http1: 8080}}\nsidecars: {{x: {{{IMAGE}, ports: {{http1: 81}}}}}}", ONE_PORT),
        (
            f"sidecars: {{x: {{{IMAGE}}}}}",
            "Knative mode has to know which container of a pod answers, and none has a port",
        ),
        (
            f"runtime: platform-sklearn\nsidecars: {{x: {{{IMAGE}}}}}",
            None,  # which may have a port
        ),
        (f"transformer: {{collocated: true, {IMAGE}, ports: {{http1: 8080}}}}", None),
        (
            f"transformer: {{collocated: true, {IMAGE}, ports: {{http1: 8080}}}}\n"
            "ports: {h2c: 9000}",
            ONE_PORT,
        ),
        (f"transformer: {{{IMAGE}, ports: {{a: 1}}}}", "Knative mode has no port called `a`"),
        ("timeout: 10m", None),
        ("timeout: 601s", "Knative refuses more than 600s, unless the cluster's settings allow it"),
    ],
)
def test_knative_has_one_port_in_a_pod_and_ten_minutes(body: str, message: str | None) -> None:
    found = [
        text
        for code, text in said(service("mode: Knative\n" + body))
        if code in ("serving-mode", "knative-timeout")
    ]
    assert found == ([message] if message is not None else [])
    in_standard = [code for code, _ in said(service("mode: Standard\n" + body))]
    assert not {"serving-mode", "knative-timeout"} & set(in_standard)


def test_a_port_that_is_written_for_grpc_is_the_one_that_knative_has() -> None:
    model = 'model: {uri: "s3://acme-ml/m", format: pytorch}'
    grpc = service("mode: Knative\nprotocol: grpc-v2").replace(
        'model: {uri: "s3://acme-ml/m", format: sklearn}', model
    )
    assert said(grpc) == []
    assert said(grpc + f"  sidecars: {{x: {{{IMAGE}}}}}\n") == []
    again = grpc + f"  sidecars: {{x: {{{IMAGE}, ports: {{http1: 8090}}}}}}\n"
    assert said(again) == [("serving-mode", ONE_PORT)]


@pytest.mark.parametrize(
    "body",
    [
        "env: {PYTHONPATH: /lib}",
        f"sidecars: {{x: {{{IMAGE}, env: {{PYTHONPATH: /lib}}}}}}",
        f"initContainers: {{x: {{{IMAGE}, env: {{PYTHONPATH: /lib}}}}}}",
        f"transformer: {{{IMAGE}, env: {{PYTHONPATH: /lib}}}}",
        "explainer: {art: {type: SquareAttack}, env: {PYTHONPATH: /lib}}",
    ],
)
def test_kserve_takes_no_pythonpath_since_0_18(body: str) -> None:
    refused = [("reserved-env", "KServe takes no container that sets `PYTHONPATH`")]
    assert said(service(body)) == refused
    assert said(service(body), platform="kubeflow-26.03") == []


def beside(port: int) -> str:
    return f"transformer: {{collocated: true, {IMAGE}, ports: {{http1: {port}}}}}\n"


@pytest.mark.parametrize(
    ("body", "taken_by"),
    [
        (beside(8080), "the model's server"),
        ("runtime: kserve-sklearnserver\n" + beside(8080), "the model's server"),
        (f"sidecars: {{x: {{{IMAGE}, ports: {{http1: 8080}}}}}}", "the model's server"),
        ("args: [--http_port=8085]\n" + beside(8080), None),
        ("env: {MLSERVER_HTTP_PORT: '8085'}\n" + beside(8080), None),
        ("runtime: platform-sklearn\n" + beside(8080), None),  # which may listen elsewhere
        (beside(8090), None),
        (beside(8081), "the model's server, for gRPC"),
        ("protocol: v1\n" + beside(8081), "the model's server, for gRPC"),
        (f"sidecars: {{x: {{{IMAGE}, ports: {{http1: 8081}}}}}}", "the model's server, for gRPC"),
        ("runtime: kserve-mlserver\n" + beside(9000), "the model's server, for gRPC"),
        ("runtime: kserve-mlserver\n" + beside(8081), None),
        ("args: [--grpc_port=9001]\n" + beside(8081), None),
        ("args: [--grpc_port=9001]\n" + beside(8080), "the model's server"),
        ("args: [--enable_grpc=false]\n" + beside(8081), None),
        ("runtime: exai-sklearn\n" + beside(8081), None),  # which speaks no gRPC
        ("ports: {h2c: 8081}\n" + beside(8090), None),
        (beside(8090).replace("collocated: true, ", "").replace("8090", "8080"), None),
        (f"runtime: custom\n{IMAGE}\nports: {{http1: 9000}}\n" + beside(9000), "the server"),
        (f"sidecars: {{x: {{{IMAGE}, ports: {{a: 81}}}}}}\n" + beside(81), "the sidecar `x`"),
    ],
)
@pytest.mark.parametrize("mode", ["Standard", "Knative"])
def test_the_containers_of_a_pod_share_its_ports(
    body: str, taken_by: str | None, mode: str
) -> None:
    found = check(project_of(service(body), mode=mode), CATALOG)
    clashes = [each for each in found if each.code == "port-clash"]
    told = [each.message.partition(" is taken by ")[2] for each in clashes]
    assert told == ([taken_by] if taken_by else [])
    assert all([words for words, _ in each.related] == [taken_by] for each in clashes)


def test_what_is_said_of_a_pod_without_a_port_leads_to_no_clash() -> None:
    silent = f"mode: Knative\ntransformer: {{collocated: true, {IMAGE}}}"
    [found] = check(project_of(service(silent)), CATALOG)
    assert found.code == "serving-mode" and "`ports: {http1: 8090}`" in str(found.hint)
    assert said(service("mode: Knative\n" + beside(8090))) == []


def test_a_transformer_in_the_models_pods_has_no_files_of_its_own() -> None:
    inside = f"transformer: {{collocated: true, {IMAGE}, env: {{STORAGE_URI: 's3://a/b'}}}}"
    assert [code for code, _ in said(service(inside))] == ["reserved-env"]
    assert said(service(inside.replace("collocated: true, ", ""))) == []


@pytest.mark.parametrize(
    ("triggers", "codes"),
    [
        ("[{resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]", 1),
        (
            "[{resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}, "
            "{external: {metric: {backend: prometheus, serverAddress: 'http://p', query: q}, "
            "target: {type: Value, value: '1'}}}]",
            0,
        ),
    ],
)
def test_keda_goes_down_to_nothing_by_what_is_outside_alone(triggers: str, codes: int) -> None:
    body = f"replicas: {{min: 0, max: 3}}\nautoscale: {{keda: {triggers}}}"
    assert [code for code, _ in said(service(body))] == ["autoscale-mode"] * codes


@pytest.mark.parametrize(("own", "of_all"), [("Knative", "Standard"), ("Standard", "Knative")])
def test_the_mode_that_counts_is_the_services_own(own: str, of_all: str) -> None:
    scaled = {"Knative": "{none: {}}", "Standard": "{metric: rps, target: 5}"}
    text = service(f"mode: {own}\nautoscale: {scaled[own]}")
    project = project_of(text, mode=of_all)
    [found] = [each for each in check(project, CATALOG) if each.code == "autoscale-mode"]
    place = project.specs[Ref("Service", "a")].at("spec", "mode")
    assert found.related == ((f"this service is {own}", place),)
    bare = project_of(text.replace(f"  mode: {own}\n", ""), mode=own)
    [found] = [each for each in check(bare, CATALOG) if each.code == "autoscale-mode"]
    assert [words for words, _ in found.related] == [f"`prod` is {own}"]


CANARY = 'canary: {model: {uri: "s3://acme-ml/n", format: sklearn}, traffic: 10%}\n'


@pytest.mark.parametrize(
    ("beside", "codes"),
    [
        ("", []),
        (f"transformer: {{{IMAGE}}}", ["canary-unreached"]),
        (f"transformer: {{{IMAGE}, collocated: true, ports: {{http1: 8090}}}}", []),
        ("deploymentStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}", []),
    ],
)
def test_a_canary_of_standard_mode_is_asked_by_no_transformer(
    beside: str, codes: list[str]
) -> None:
    assert [code for code, _ in said(service(CANARY + beside))] == codes


GRAPH = """apiVersion: exai.dev/v1alpha1
kind: Graph
metadata: {name: g}
spec: {nodes: {root: {routerType: Sequence, steps: [{service: a}]}}}
"""


@pytest.mark.parametrize(
    ("format_", "body", "codes"),
    [
        ("sklearn", "", ["graph-protocol"]),
        ("sklearn", "protocol: v2", ["graph-protocol"]),
        ("sklearn", "protocol: v1", []),
        ("sklearn", "runtime: kserve-mlserver", []),
        ("huggingface", "", []),
        ("huggingface", "protocol: v1", ["graph-protocol"]),
        ("sklearn", f"transformer: {{{IMAGE}}}", []),
        ("sklearn", f"runtime: custom\n{IMAGE}", []),
    ],
)
def test_a_graph_asks_by_the_first_protocol_of_a_runtime(
    format_: str, body: str, codes: list[str]
) -> None:
    text = service(body).replace("format: sklearn", f"format: {format_}")
    assert [code for code, _ in said(text, GRAPH)] == codes


MOJO = "formats: {h2o-mojo: {version: '3', autoSelect: true, priority: 1}}\n  protocols: [v1, v2]"


def test_exais_runtime_stands_only_where_it_serves() -> None:
    """A project's own for the same format would be refused beside it."""
    registered = (
        service("{}")
        .replace("  {}\n", "")
        .replace('model: {uri: "s3://acme-ml/m", format: sklearn}', "model: iris_model@champion")
    )
    found = rendered(registered, runtime("mine", MOJO))
    assert [each.id.kind for each in found] == ["InferenceService"]
    body: Any = found[0].body
    assert body["spec"]["predictor"]["model"]["runtime"] == "mine"
    kinds = [each.id.kind for each in rendered(registered)]
    assert kinds == ["ServingRuntime", "InferenceService"]


def test_exais_runtime_and_one_of_the_project_differ_in_priority() -> None:
    named = service("runtime: exai-h2o-mojo").replace("format: sklearn", "format: h2o-mojo")
    plain = named.replace("name: a", "name: b").replace("runtime: exai-h2o-mojo", "protocol: v2")
    both = [code for code, _ in said(named, plain, runtime("mine", MOJO))]
    assert both == ["same-priority"]
    assert said(named, plain, runtime("mine", MOJO.replace("priority: 1", "priority: 2"))) == []
    assert said(plain, runtime("mine", MOJO)) == []


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        ("{m: {version: '1', autoSelect: true, priority: 1}}", None, ["same-priority"]),
        ("{m: {version: '1', autoSelect: true, priority: 2}}", None, []),
        ("{m: {version: '1', autoSelect: true}}", None, []),
        ("{m: {version: '2', autoSelect: true, priority: 1}}", None, []),
        ("{n: {version: '1', autoSelect: true, priority: 1}}", None, []),
        ("{M: {version: '1', autoSelect: true, priority: 1}}", None, ["same-priority"]),
        ("{m: {version: '1', autoSelect: true, priority: 1}}", "multiModel: true", []),
        ("{m: {version: '1', autoSelect: true, priority: 1}}", "scope: namespace", []),
    ],
)
def test_two_runtimes_of_one_place_differ_in_priority(
    first: str, second: str | None, codes: list[str]
) -> None:
    one = runtime("one", f"scope: cluster\n  formats: {first}\n  protocols: [v1, v2]")
    other = "scope: cluster" if second is None or "scope" not in second else ""
    more = second or ""
    text = "formats: {m: {version: '1', autoSelect: true, priority: 1}}\n  protocols: [v2]"
    two = runtime("two", "\n  ".join(line for line in (other, more, text) if line))
    assert [code for code, _ in said(one, two) if code == "same-priority"] == codes


def test_one_machine_has_no_runtimes_that_could_be_alike() -> None:
    body = "formats: {m: {version: '1', autoSelect: true, priority: 1}}\n  protocols: [v2]"
    both = (runtime("one", body), runtime("two", body))
    assert "same-priority" in [code for code, _ in said(*both)]
    local = HEAD.split("    prod:", maxsplit=1)[0] + "    local: {target: local}\n"
    found, _ = read("\n---\n".join([local, *both]), "exai.yaml")
    specs = [parse(document) for document in found]
    project = link(spec for spec in specs if isinstance(spec, Spec))
    assert project is not None
    assert "same-priority" not in [each.code for each in check(project, CATALOG)]


PROXY = f"replicas: {{min: 1, max: 3}}\nsidecars: {{x: {{{IMAGE}, resources: AMOUNTS}}}}"


@pytest.mark.parametrize(
    ("amounts", "scaled", "codes"),
    [
        ("{memory: 1Gi}", "", ["unmeasured-container"]),
        ("{cpu: 100m}", "", []),
        ("{memory: 1Gi, limits: {cpu: 1}}", "", []),
        ("{cpu: 1}", "autoscale: {metric: memory, target: 80%}", ["unmeasured-container"]),
        ("{memory: 1Gi}", "autoscale: {metric: memory, target: 80%}", []),
        ("{memory: 1Gi}", "autoscale: {none: {}}", []),
        ("{memory: 1Gi}", "mode: Knative\nports: {http1: 8080}", []),
    ],
)
def test_an_hpa_measures_every_container(amounts: str, scaled: str, codes: list[str]) -> None:
    body = PROXY.replace("AMOUNTS", amounts) + "\n" + scaled
    assert [code for code, _ in said(service(body))] == codes
    fixed = [code for code, _ in said(service(body.replace("max: 3", "max: 1")))]
    assert "unmeasured-container" not in fixed


WORKERS = (
    "patches: {InferenceService: {spec: {predictor: {workerSpec: {pipelineParallelSize: 2}}}}}"
)


@pytest.mark.parametrize(
    ("uri", "beside", "problems"),
    [
        ("hf://org/m", "", 3),
        ("pvc://claim/m", "", 2),
        ("pvc://claim/m", "autoscale: {none: {}}", 1),
        ("oci://a/b", "autoscale: {none: {}}\nruntime: kserve-huggingfaceserver-multinode", 0),
        ("oci://a/b", "autoscale: {none: {}}\nruntime: kserve-huggingfaceserver", 1),
    ],
)
def test_a_model_over_several_nodes_is_as_kserve_wants_it(
    uri: str, beside: str, problems: int
) -> None:
    text = service(f"{WORKERS}\n{beside}").replace("format: sklearn", "format: huggingface")
    found = said(text.replace("s3://acme-ml/m", uri))
    assert [code for code, _ in found] == ["patch-invalid"] * problems


def test_a_predictor_of_ones_own_that_speaks_grpc_says_its_port() -> None:
    """KServe's own Python servers have 8081 (targets 1.1); Knative would take 8080, and HTTP."""
    body: Any = rendered(service(f"runtime: custom\nprotocol: grpc-v2\n{IMAGE}"))[0].body
    (main,) = body["spec"]["predictor"]["containers"]
    assert main["ports"] == ({"containerPort": 8081, "name": "h2c", "protocol": "TCP"},)
    stated: Any = rendered(
        service(f"runtime: custom\nprotocol: grpc-v2\nports: {{h2c: 9000}}\n{IMAGE}")
    )[0].body
    (main,) = stated["spec"]["predictor"]["containers"]
    assert [each["containerPort"] for each in main["ports"]] == [9000]


@pytest.mark.parametrize(
    ("name", "body", "host"),
    [
        ("a" * 45, "", None),
        ("a" * 46, "", "predictor"),
        ("a" * 44, f"transformer: {{{IMAGE}}}", "transformer"),
        ("a" * 43, f"transformer: {{{IMAGE}}}", None),
        ("a" * 39, "canary: {traffic: 10%, model: {uri: 's3://a/b', format: sklearn}}", "canary"),
        ("a" * 46, "mode: Knative", None),
    ],
)
def test_a_component_has_a_host_of_its_own(name: str, body: str, host: str | None) -> None:
    found = [text for code, text in said(service(body, name)) if code == "service-name"]
    assert len(found) == (host is not None)
    assert all(f"`{name}-{host}" in text and "KServe makes no pods" in text for text in found)
