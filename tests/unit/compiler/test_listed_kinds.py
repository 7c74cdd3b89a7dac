"""The kinds that an API group has, against Kubernetes' client and the CRDs beside the project."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict

import kubernetes.client
import pytest
from crd_files import CRDS, FILES

from exai_compiler.crds import KINDS, OLDER, OTHERS
from exai_compiler.crds.listed import LATER, OF_CRDS, OF_KUBERNETES, group_of, unlisted


def of_the_client() -> dict[str, set[str]]:
    """What its API classes make and list, by `apiVersion`."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, api in vars(kubernetes.client).items():
        for made in vars(api) if name.endswith("Api") else ():
            what = re.sub("^create_(namespaced_)?", "", made)
            listed = {f"list_{what}", f"list_namespaced_{what}"} & vars(api).keys()
            if made == what or not listed or what.endswith("_info"):
                continue
            body = re.search(
                r":param (V\d\w+|(?:Core|Events)V1Event) body", str(vars(api)[made].__doc__)
            )
            source = inspect.getsource(vars(api)[f"{made}_with_http_info"])
            url = re.search(r"'/(?:api|apis/([a-z0-9.]+))/(v\d\w*)/", source)
            if body is not None and url is not None:
                version = "/".join(filter(None, url.groups()))
                found[version].add(re.sub(r"^(Core|Events)?V\d+((alpha|beta)\d+)?", "", body[1]))
    return found


def test_kubernetes_has_these() -> None:
    groups = {group_of(api) for api in OF_KUBERNETES}
    theirs = {api: kinds for api, kinds in of_the_client().items() if group_of(api) in groups}
    assert {api: set(kinds.split()) for api, kinds in OF_KUBERNETES.items()} == theirs


def test_every_kind_of_a_table_is_listed() -> None:
    for kind, api in {**KINDS, **OTHERS}.items():
        for each in (api, *OLDER.get(kind, ())):
            assert unlisted(each, kind) is None, (each, kind)


def test_every_version_of_every_crd_is_listed() -> None:
    """By its text: as YAML they take a minute."""
    seen = 0
    for kind, path in FILES.items():
        text = (CRDS / f"{path}.yaml").read_text("utf-8")
        group = re.search(r"^  group: (\S+)$", text, re.MULTILINE)
        versions = re.findall(r"^ +(?:- )?name: \"?(v\d\w*)\"?$", text, re.MULTILINE)
        assert group is not None and versions
        for version in versions:
            assert kind in OF_CRDS[f"{group[1]}/{version}"].split()
            seen += 1
    assert seen > len(FILES)


@pytest.mark.parametrize(
    ("api", "kind", "meant", "home"),
    [
        ("apps/v1", "Deploymnet", "Deployment", "apps/v1"),
        ("apps/v1beta1", "Deployment", "Deployment", "apps/v1"),
        ("apps/v1beta1", "Deploymnet", "Deployment", "apps/v1"),
        ("apps/v1", "Service", "Service", "v1"),
        ("apps/v1", "Job", "Job", "batch/v1"),
        ("v1", "Deployment", "Deployment", "apps/v1"),
        ("v1", "PersistentVolumeclaim", "PersistentVolumeClaim", "v1"),
        (
            "serving.kserve.io/v1",
            "InferenceService",
            "InferenceService",
            "serving.kserve.io/v1beta1",
        ),
        ("kubeflow.org/v1", "Notebok", "Notebook", "kubeflow.org/v1"),
        (
            "autoscaling/v2beta2",
            "HorizontalPodAutoscaler",
            "HorizontalPodAutoscaler",
            "autoscaling/v1",
        ),
        ("batch/v1", "Orchestra", "", ""),
        ("policy/v3", "Orchestra", "", "policy/v1"),
        ("core/v1", "ConfigMap", "ConfigMap", "v1"),
        ("app/v1", "Deploymnet", "Deployment", "apps/v1"),
        ("extensions/v1beta1", "Ingress", "Ingress", "networking.k8s.io/v1"),
        ("acme/v1", "Orchestra", "", ""),
    ],
)
def test_what_was_meant(api: str, kind: str, meant: str, home: str) -> None:
    found = unlisted(api, kind)
    assert found is not None
    assert (found.kind, next(iter(found.apis), "")) == (meant, home)


@pytest.mark.parametrize(
    ("api", "kind"),
    [
        ("acme.example/v1", "Deploymnet"),
        ("kubeflow.org/v1", "Orchestra"),
        ("gateway.networking.k8s.io/v1beta1", "HTTPRoute"),
        ("v1", "Pod"),
        *((api, kind) for api, kinds in LATER.items() for kind in kinds.split()),
    ],
)
def test_what_there_may_be(api: str, kind: str) -> None:
    assert unlisted(api, kind) is None
