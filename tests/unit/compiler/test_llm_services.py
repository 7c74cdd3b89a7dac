"""LLMServices: what is refused, what an older platform lacks, where they stand in the lineage.

Objects and their CRD: `golden/kserve/llm*`, by `test_kserve.py` and `test_kserve_crds.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from exai_compiler.backends.kserve.llm_service import render_llm_service
from exai_compiler.backends.kserve.releases import NOT_IN_0_16
from exai_compiler.build import Build, Live, Observed
from exai_compiler.catalog import Catalog
from exai_compiler.changes import Replace, Update
from exai_compiler.checks import check
from exai_compiler.edges import Node
from exai_compiler.facts import Facts, Lock
from exai_compiler.nodes import described
from exai_compiler.parity import notes
from exai_compiler.planning.plan import plan
from exai_compiler.project import Project, link
from exai_compiler.render import objects_of
from exai_compiler.resolve import resolve
from exai_compiler.resolved import Resolved
from exai_compiler.service_edges import service_edges
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

GOLDEN = Path(__file__).parents[2] / "golden/kserve"
IMAGE = "a/b@sha256:" + "0" * 64
HEAD = """apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  exai: ">=0.1"
  environments:
    prod: {target: kubeflow, platform: %s, namespace: ml, serving: {gatewayApi: true}}
"""


def document(kind: str, name: str, spec: str) -> str:
    frame = f"apiVersion: exai.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
    return f"---\n{frame}spec: {spec}\n"


def project(*documents: str, platform: str = "latest") -> Project:
    found, problems = read(HEAD % platform + "".join(documents), "exai.yaml")
    assert problems == ()
    specs = [parse(each) for each in found]
    linked = link(spec for spec in specs if isinstance(spec, Spec))
    assert linked is not None and len(linked.all) == len(specs), specs
    return linked


def resolved(project: Project, name: str) -> Resolved:
    environment = project.environment(name)
    assert environment is not None
    return resolve(project, name, environment, Catalog({}), Lock(), Facts())


def refusals(kind: str, name: str, spec: str) -> tuple[Diagnostic, ...]:
    ((found,), _) = read(document(kind, name, spec).removeprefix("---\n"), "x.yaml")
    problems = parse(found)
    return () if isinstance(problems, Spec) else problems


FROM_FIELD = "env: {A: {field: metadata.name}}"
MODEL = "model: {uri: 'hf://a/b'}"


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("{}", "missing-field"),
        ("{model: {uri: qwen}}", "invalid-value"),
        ("{model: {uri: 'hf://a/b', lora: {adapters: {}}}}", "invalid-value"),
        ("{model: {uri: 'hf://a/b', lora: {adapters: {..: 'hf://a/c'}}}}", "invalid-name"),
        (
            "{model: {uri: 'hf://a/b', lora: {adapters: {a: 'hf://a/c'}, maxRank: 0}}}",
            "invalid-value",
        ),
        (f"{{{MODEL}, replicas: -1}}", "invalid-value"),
        (f"{{{MODEL}, replicas: {{min: 0, max: 2}}}}", "invalid-value"),
        (f"{{{MODEL}, replicas: {{min: 3, max: 2}}}}", "invalid-value"),
        (f"{{{MODEL}, replicas: {{min: 3}}}}", "exactly-one-of"),
        (f"{{{MODEL}, parallelism: {{tensor: 0}}}}", "invalid-value"),
        (f"{{{MODEL}, parallelism: {{data: 2}}}}", "missing-field"),
        (f"{{{MODEL}, parallelism: {{dataLocal: 2}}}}", "missing-field"),
        (f"{{{MODEL}, parallelism: {{pipeline: 2, data: 2, dataLocal: 1}}}}", "invalid-value"),
        (f"{{{MODEL}, worker: {{}}}}", "invalid-value"),
        (f"{{{MODEL}, worker: {{}}, parallelism: {{tensor: 2}}}}", "invalid-value"),
        (f"{{{MODEL}, prefill: {{worker: {{}}}}}}", "invalid-value"),
        (
            f"{{{MODEL}, parallelism: {{pipeline: 2}}, worker: {{podLabels: {{a: b}}}}}}",
            "unknown-field",
        ),
        (f"{{{MODEL}, sidecars: {{main: {{image: a/b}}}}}}", "invalid-name"),
        (f"{{{MODEL}, initContainers: {{main: {{image: a/b}}}}}}", "invalid-name"),
        (
            f"{{{MODEL}, parallelism: {{pipeline: 2}},"
            " worker: {sidecars: {main: {image: a/b}}}}",
            "invalid-name",
        ),
        (f"{{{MODEL}, router: {{route: {{group: a}}}}}}", "missing-field"),
        (f"{{{MODEL}, router: {{route: {{weight: 1}}}}}}", "missing-field"),
        (f"{{{MODEL}, router: {{route: {{group: A, weight: 1}}}}}}", "invalid-name"),
        (f"{{{MODEL}, router: {{route: {{group: a, weight: 1000001}}}}}}", "invalid-value"),
        (f"{{{MODEL}, router: {{ingress: {{}}}}}}", "unknown-field"),
        (f"{{{MODEL}, patches: {{InferenceService: {{}}}}}}", "unknown-field"),
        (f"{{{MODEL}, timeout: 60s}}", "unknown-field"),
    ],
)
def test_what_is_refused(spec: str, code: str) -> None:
    assert [each.code for each in refusals("LLMService", "x", spec)] == [code]


@pytest.mark.parametrize(("kind", "longest"), [("LLMService", 51), ("Notebook", 52)])
def test_names_have_their_exact_lengths(kind: str, longest: int) -> None:
    spec = f"{{{MODEL}}}" if kind == "LLMService" else "{image: a/b}"
    assert refusals(kind, "a" * longest, spec) == ()
    assert [each.code for each in refusals(kind, "a" * (longest + 1), spec)] == ["invalid-name"]
    for name in ("1a", "a-", "A", "a_b"):
        assert [each.code for each in refusals(kind, name, spec)] == ["invalid-name"]


@pytest.mark.parametrize(("length", "codes"), [(60, []), (61, ["service-name"])])
def test_the_host_of_an_llm_service_fits_a_label(length: int, codes: list[str]) -> None:
    # name + "-" + namespace: 63 characters at most
    name, namespace = "a" * 50, "n" * (length - 48)
    made = project(document("LLMService", name, f"{{{MODEL}}}"))
    text = HEAD.replace("namespace: ml", f"namespace: {namespace}") % "latest"
    found, _ = read(text + document("LLMService", name, f"{{{MODEL}}}"), "exai.yaml")
    linked = link(spec for each in found if isinstance(spec := parse(each), Spec))
    assert linked is not None and made.find("LLMService", name) is not None
    assert [each.code for each in check(linked, Catalog({}))] == codes


def test_what_kserve_0_16_has_is_in_its_goldens_alone() -> None:
    bodies = yaml.safe_load_all((GOLDEN / "llm-26.03/prod.yaml").read_text())
    for body in bodies:
        assert body["apiVersion"] == "serving.kserve.io/v1alpha1"
        for path in NOT_IN_0_16:
            value: Any = body
            for part in path:
                value = value.get(part) if isinstance(value, dict) else None
            assert value is None, path


def test_an_object_stays_itself_when_the_platform_is_newer() -> None:
    for platform in ("kubeflow-26.03", "latest"):
        made = project(document("LLMService", "chat", f"{{{MODEL}}}"), platform=platform)
        (found,) = objects_of(resolved(made, "prod"), made.specs[next(iter(made.specs))])
        assert found.id.api == "serving.kserve.io/v1alpha2"


def test_one_machine_serves_none_and_applies_the_rest() -> None:
    made = project(
        document("LLMService", "chat", f"{{{MODEL}, env: {{A: {{configMap: c, key: k}}}}}}"),
        document("Notebook", "lab", f"{{image: {IMAGE}, env: {{A: {{field: metadata.name}}}}}}"),
        document(
            "Runtime",
            "own",
            f"{{image: {IMAGE}, formats: {{x: {{}}}}, scope: cluster, {FROM_FIELD}}}",
        ),
    )
    where = resolved(made, "local")
    assert [item for spec in made.specs.values() for item in objects_of(where, spec)] == []
    assert check(made, Catalog({}), ["local"]) == ()
    assert len(notes(made, "local")) == 3


def test_another_kind_is_a_bug() -> None:
    made = project(document("LLMService", "chat", f"{{{MODEL}}}"))
    with pytest.raises(TypeError):
        render_llm_service(resolved(made, "prod"), made.root)


def test_a_graph_asks_no_llm_service() -> None:
    nodes = "{root: {routerType: Sequence, steps: [{service: chat}]}}"
    made = project(
        document("LLMService", "chat", f"{{{MODEL}}}"),
        document("Graph", "g", f"{{nodes: {nodes}}}"),
    )
    (found,) = check(made, Catalog({}))
    assert (found.code, "url" in found.hint) == ("unknown-reference", True)


def test_it_stands_in_the_lineage_and_comes_from_models_of_the_same_files() -> None:
    adapters = "lora: {adapters: {sql: 's3://b/sql'}}"
    files = "{task: generation, source: {uri: '%s', format: huggingface}}"
    made = project(
        document("LLMService", "chat", f"{{model: {{uri: 'hf://a/b', {adapters}}}}}"),
        document("Model", "base", files % "hf://a/b"),
        document("Model", "sql", files % "s3://b/sql"),
        document("Model", "other", files % "hf://a/c"),
    )
    assert described(made, {}, Node("LLMService", "chat")) is not None
    assert [(str(each.source), str(each.target)) for each in service_edges(made, {}, {})] == [
        ("Model/base", "LLMService/chat"),
        ("Model/sql", "LLMService/chat"),
    ]


@pytest.mark.parametrize(
    ("parallelism", "verb"),
    [("{pipeline: 4, tensor: 8}", Replace), ("{pipeline: 2, tensor: 4}", Update)],
)
def test_another_number_of_nodes_needs_another_object(parallelism: str, verb: type) -> None:
    objects = []
    for stated in ("{pipeline: 2, tensor: 8}", parallelism):
        made = project(document("LLMService", "c", f"{{{MODEL}, parallelism: {stated}}}"))
        spec = made.find("LLMService", "c")
        assert spec is not None
        objects += objects_of(resolved(made, "prod"), spec)
    before, after = objects
    wanted = Build("prod", (after,), (), (), (), (), {})
    there = Observed({before.id: Live(before.body, before.origin)})
    (planned,) = plan(wanted, there).changes
    assert isinstance(planned.change, verb)


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("{}", "missing-field"),
        ("{image: a/b, workspace: {pvc: x, size: 1Gi}}", "invalid-value"),
        ("{image: a/b, workspace: {pvc: x, storageClass: y}}", "invalid-value"),
        ("{image: a/b, workspace: {pvc: x, accessModes: [ReadWriteOnce]}}", "invalid-value"),
        ("{image: a/b, workspace: {mountPath: home}}", "invalid-name"),
        ("{image: a/b, volumes: {/home/jovyan: {pvc: x}}}", "invalid-value"),
        ("{image: a/b, podAnnotations: {notebooks.kubeflow.org/x: y}}", "invalid-name"),
        ("{image: a/b, stopped: 'yes'}", "wrong-type"),
        ("{image: a/b, patches: {Pod: {}}}", "unknown-field"),
    ],
)
def test_what_a_notebook_refuses(spec: str, code: str) -> None:
    assert [each.code for each in refusals("Notebook", "x", spec)] == [code]


@pytest.mark.parametrize(
    ("platform", "patch", "codes"),
    [
        ("kubeflow-26.03", "model: {criticality: Critical}", []),
        ("latest", "model: {criticality: Critical}", ["patch-invalid"]),
        ("kubeflow-26.03", "kvCacheOffloading: {cpu: 1Gi}", ["platform-field"]),
        ("latest", "kvCacheOffloading: {cpu: 1Gi}", []),
        ("latest", "kvCacheOffloading: {cpu: 1Gi, evictionPolicy: fifo}", ["patch-invalid"]),
    ],
)
def test_a_patch_is_held_against_the_version_of_the_platform(
    platform: str, patch: str, codes: list[str]
) -> None:
    spec = f"{{{MODEL}, patches: {{LLMInferenceService: {{spec: {{{patch}}}}}}}}}"
    made = project(document("LLMService", "chat", spec), platform=platform)
    found = check(made, Catalog({}))
    assert [each.code for each in found] == codes
    for each in found:
        assert "environment `prod`" in each.related[0][0]
