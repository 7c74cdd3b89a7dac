"""A canary in Knative mode comes once `model` is rolled out: two phases, told apart by what the
cluster says.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from exai_compiler.catalog import Catalog
from exai_compiler.facts import Facts, Lock
from exai_compiler.project import link
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_specs.documents import read
from exai_specs.identity import Ref
from exai_specs.parse import Spec, parse

TEXT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: scoring}
spec:
  environments:
    local: {target: local}
    knative: {target: kubeflow, serving: {mode: Knative}}
    standard: {target: kubeflow, serving: {mode: Standard, gatewayApi: true}}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: iris}
spec:
  model: {uri: "s3://acme-ml/one", format: sklearn}
  canary: {model: {uri: "s3://acme-ml/two", format: sklearn}, traffic: 10%}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: stored}
spec:
  model: {storage: {key: minio, path: three}, format: sklearn}
  canary: {model: {uri: "s3://acme-ml/two", format: sklearn}, traffic: 10%}
"""
EMPTY: Any = MappingProxyType({})


def built(name: str, **rolled_out: str) -> tuple[dict[str, Any], tuple[Ref, ...]]:
    """The predictors by service, and what waits."""
    project = link(
        spec for each in read(TEXT, "exai.yaml")[0] if isinstance(spec := parse(each), Spec)
    )
    assert project is not None
    environment = project.environment(name)
    assert environment is not None
    facts = Facts(rolled_out=rolled_out)
    resolved = resolve(project, name, environment, Catalog(EMPTY), Lock(), facts)
    build = render(resolved)
    services: dict[str, Any] = {
        item.id.name: item.body for item in build.objects if item.id.kind == "InferenceService"
    }
    return services, tuple(each.waits_for for each in build.waiting)


@pytest.mark.parametrize("there", ["", "s3://acme-ml/other", "s3://acme-ml/two"])
def test_model_is_rolled_out_alone_first(there: str) -> None:
    services, waiting = built("knative", iris=there)
    predictor = services["iris"]["spec"]["predictor"]
    assert predictor["model"]["storageUri"] == "s3://acme-ml/one"
    assert "canaryTrafficPercent" not in predictor
    assert waiting == (Ref("Service", "iris"),)


@pytest.mark.parametrize("rolled_out", [{"iris": "s3://acme-ml/one"}, {}])
def test_then_and_where_nobody_looked_the_canary_comes(rolled_out: dict[str, str]) -> None:
    services, waiting = built("knative", **rolled_out)
    predictor = services["iris"]["spec"]["predictor"]
    assert predictor["model"]["storageUri"] == "s3://acme-ml/two"
    assert predictor["canaryTrafficPercent"] == 10
    assert waiting == ()


def test_a_place_in_a_storage_is_its_path() -> None:
    assert built("knative", stored="three")[1] == ()
    assert built("knative", stored="four")[1] == (Ref("Service", "stored"),)


@pytest.mark.parametrize("name", ["standard", "local"])
def test_only_knative_has_phases(name: str) -> None:
    assert built(name, iris="")[1] == ()
    if name == "standard":
        assert "canary" in built(name, iris="")[0]["iris"]["spec"]
