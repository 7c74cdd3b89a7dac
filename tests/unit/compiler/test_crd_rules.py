"""The rules of CRDs are read and judged as the API server does it."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest
import yaml

from exai_compiler.checks import check
from exai_compiler.crds import KINDS, OLDER, OTHERS, crd
from exai_compiler.crds.cel import compiled, holds
from exai_compiler.crds.cel_errors import CelError, CelFault
from exai_compiler.crds.problems import part_problems, problems
from exai_compiler.crds.rules import broken_rules
from exai_compiler.maybe import Unknown
from exai_compiler.project import link
from exai_runtime.workspace import component_catalog
from exai_specs.documents import read
from exai_specs.frozen import freeze
from exai_specs.parse import Spec, parse

KNOWN = {**OTHERS, **KINDS}
EVERY = [(kind, api) for kind in KNOWN for api in (KNOWN[kind], *OLDER.get(kind, ()))]
FIELD = re.compile(r"\.(\w+)\b(?!\()")
SELF: Any = freeze(
    {
        "name": "a-b",
        "size": 3,
        "share": 0.5,
        "on": False,
        "namespace": "n",
        "labels": {"x/y": "1"},
        "items": [{"kind": "A", "port": 80}, {"kind": "B"}],
        "wait": "1m30s",
        "url": "https://a.b/c",
    }
)


def test_every_rule_of_every_table_can_be_read() -> None:
    rules = {rule for kind, api in EVERY for node in crd(kind, api).nodes for rule, _ in node.rules}
    assert len(rules) > 100
    for rule in rules:
        assert callable(compiled(rule))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("self.size == 3 && self.share <= 0.5", True),
        ("self.size + 2 - 1 > 3 ? true : false", True),
        ("!has(self.other) || self.other == 1", True),
        ("has(self.on)", True),
        ("self.on == false", True),
        ("self.size == true", False),
        ("self.name in ['a-b', 'c']", True),
        ("'x/y' in self.labels", True),
        ("self.labels.all(key, key.size() < 3)", False),
        ("size(self.items) == 2 && self.items[0].port == 80", True),
        ("self.items.exists(i, i.kind == 'B')", True),
        ("self.items.exists_one(i, i.kind in ['A', 'B'])", False),
        ("self.items.filter(i, has(i.port)).size() == 1", True),
        ("self.items.map(i, i.kind) == ['A', 'B']", True),
        ("[has(self.a), has(self.name)].exists_one(c, c)", True),
        ('self.name.matches(\'^[a-z]\') && !self.name.matches(r"""^[\\d"]+$""")', True),
        ("self.name.startsWith('a') && self.name.endsWith('b') && self.name.contains('-')", True),
        ("self.name.split('-')[1] == \"b\"", True),
        ("duration(self.wait) == duration('90s') && duration('0s') < duration('1ms')", True),
        ("url(self.url).getScheme() in ['http', \"https\"]", True),
        ("double('0.5') == self.share && int('3') == self.size && string(self.size) == '3'", True),
        ("self.__namespace__ == 'n' && has(self.__namespace__)", True),
        ("self.size * 2 - 7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1", True),
        ("self.share * 4.0 == 2.0 && 1.0 / self.share == 2.0", True),
        ("int('-3') == -self.size && int(2.9) == 2 && double('1e3') == 1000.0", True),
        ("duration('-.5s') < duration('0') && duration('1h1.5m') == duration('3690s')", True),
        ("string(self.on) == 'false'", True),
        ("has(self.labels.x__slash__y) && self.labels.x__slash__y == '1'", True),
        # What decides leaves what can't be told without a say, on either side.
        ("self.other == 1 || true", True),
        ("self.other == 1 && false", False),
        ("self.items.exists(i, i.port == 80)", True),
        ("self.items.all(i, i.port == 81)", False),
    ],
)
def test_what_a_rule_means(rule: str, expected: bool) -> None:
    assert holds(rule, SELF) is expected


@pytest.mark.parametrize(
    "rule",
    [
        "self.other == 1",
        "self.other == 1 && true",
        "self.items.all(i, i.port == 80)",
        "self.items.exists_one(i, i.port == 80)",
        "self.name",
        "self.name < 3",
        "self.items[7].kind == 'A'",
        "other == 1",
        "self.name.all(c, true)",
        "duration('soon') > duration('1s')",
        "double(self.name) > 0.0",
        "self.name ==",
        "self.name 'x'",
        "self.shout() == 'A'",
        "shout(self.name)",
        "(self.size == 3",
        "self.size == 3 £",
        "self.",
        "== 3",
    ],
)
def test_what_cannot_be_told_is_an_error_of_its_own(rule: str) -> None:
    with pytest.raises(CelError):
        holds(rule, SELF)


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ("self.other == 1", "no such key: other"),
        ("has(self.other.name)", "no such key: other"),
        ("self.labels['z'] == '1'", "no such key: z"),
        ("self.items[2].kind == 'A'", "index out of bounds: 2"),
        ("self.items[-1].kind == 'B'", "index out of bounds: -1"),
        ("self.items.all(i, i.port > 1)", "no such key: port"),
        ("self.items.exists(i, i.port == 81)", "no such key: port"),
        ("self.items.filter(i, i.port == 80).size() == 1", "no such key: port"),
        ("self.other == 1 || self.another == 1 || self.on", "no such key: other"),
        ("self.other == 1 ? true : true", "no such key: other"),
        ("1 / (self.size - 3) == 1", "division by zero"),
        ("1 % (self.size - 3) == 1", "modulus by zero"),
        ("self.size + 9223372036854775807 > 0", "integer overflow"),
        ("self.size * 9223372036854775807 > 0", "integer overflow"),
        ("int(double('1e19')) > 0", "integer overflow"),
        ("int(self.name) > 0", "type conversion error from 'string' to 'int'"),
        ("int('9223372036854775808') > 0", "type conversion error from 'string' to 'int'"),
        ("double(' 1') > 0.0", "type conversion error from 'string' to 'double'"),
        ("double('1e999') > 0.0", "type conversion error from 'string' to 'double'"),
        (
            "duration('1d') > duration('0')",
            "type conversion error from 'string' to 'google.protobuf.Duration'",
        ),
    ],
)
def test_where_a_rule_ends_in_an_error_it_is_the_servers(rule: str, error: str) -> None:
    with pytest.raises(CelFault) as told:
        holds(rule, SELF)
    assert str(told.value) == error


@pytest.mark.parametrize(
    "rule",
    [
        "self.waits == 1 || self.other == 1",
        "self.other == 1 || self.waits == 1",
        "self.all.all(i, i.port == 80)",
        "self.waits ? true : self.other == 1",
        "self.other == 1 || self.name.shout()",
        "self.name < 3",
        "self.name * 3 == ''",
        "self.on + 1 == 1",
        "double('0x1p-2') > 0.0",
        "1.0 / (self.share - 0.5) > 0.0",
    ],
)
def test_what_might_decide_were_it_known_is_no_error_of_the_server(rule: str) -> None:
    waits = Unknown("a run", "it has to end")
    items: Any = freeze([{"port": 80}, {}])
    with pytest.raises(CelError) as told:
        holds(rule, {**SELF, "waits": waits, "all": (*items, waits)})
    assert not isinstance(told.value, CelFault)


GATEWAY = """
gatewayClassName: istio
listeners:
  - {name: a, port: 80, protocol: HTTP}
  - {name: b, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}
"""
ROUTE = """
parentRefs: [{name: gate}]
rules:
  - matches: [{path: {value: /a}}]
    backendRefs: [{name: web, port: 80}]
"""
STORE = """
feastProject: p
services:
  onlineStore: {persistence: {file: {path: /data/db}}}
"""
MODEL = "{model: {uri: 'hf://a/b'}, replicas: 1}"


def broken(kind: str, spec: str, api: str = "") -> list[tuple[str, str]]:
    body: Any = freeze({"metadata": {"name": "x"}, "spec": yaml.safe_load(spec)})
    return [
        (".".join(map(str, each.path[1:])), each.message)
        for each in broken_rules(crd(kind, api), body)
    ]


@pytest.mark.parametrize(
    ("kind", "good", "old", "new", "path", "words"),
    [
        ("Gateway", GATEWAY, "HTTP}", "HTTP, tls: {}}", "listeners", "tls must not be specified"),
        (
            "Gateway",
            GATEWAY,
            "{certificateRefs: [{name: c}]}",
            "{certificateRefs: [], options: {}}",
            "listeners.1.tls",
            "when mode",
        ),
        (
            "Gateway",
            GATEWAY,
            "port: 443, protocol: HTTPS",
            "port: 80, protocol: HTTP",
            "listeners",
            "tls must not",
        ),
        ("HTTPRoute", ROUTE, "/a", "a", "rules.0.matches.0.path", "must be an absolute path"),
        # `kind: Service` and `type: PathPrefix` are defaults.
        ("HTTPRoute", ROUTE, ", port: 80", "", "rules.0.backendRefs.0", "Must have port"),
        (
            "FeatureStore",
            STORE,
            "/data/db",
            "db",
            "services.onlineStore.persistence.file",
            "absolute paths",
        ),
        (
            "FeatureStore",
            STORE,
            "feastProject: p",
            "feastProject: p\nreplicas: 2",
            "",
            "DB-backed persistence for the online store",
        ),
        ("RayJob", "{entrypoint: a}", "entrypoint: a", "managedBy: me", "managedBy", "kueue"),
        (
            "TrainJob",
            "{runtimeRef: {name: r}, trainer: {numNodes: 2}}",
            "numNodes: 2",
            "numProcPerNode: 0",
            "trainer.numProcPerNode",
            "greater than or equal to 1",
        ),
        (
            "LLMInferenceService",
            MODEL,
            "replicas: 1",
            "router: {route: {http: {spec: {rules: [{matches: [{path: {value: 'a#b'}}]}]}}}}",
            "router.route.http.spec.rules.0.matches.0.path",
            "must not contain '#'",
        ),
    ],
)
def test_what_a_rule_refuses_is_a_problem_at_its_path(
    kind: str, good: str, old: str, new: str, path: str, words: str
) -> None:
    assert broken(kind, good) == []
    found = broken(kind, good.replace(old, new))
    assert path in [at for at, _ in found]
    assert any(at == path and words in message for at, message in found), found


REQUESTS = "{jwtRules: [{issuer: a, jwksUri: 'https://a/b', timeout: 5s}]}"
TRAINING = """
mlPolicy: {numNodes: 1}
template:
  spec:
    volumeClaimPolicies: [{templates: [{metadata: {name: a}, spec: {}}]}]
"""


@pytest.mark.parametrize(
    ("kind", "good", "old", "new", "path", "words"),
    [
        (
            "Gateway",
            GATEWAY,
            "{certificateRefs: [{name: c}]}",
            "{}",
            "listeners.1.tls",
            "which ends in `no such key: certificateRefs`: certificateRefs or options must be",
        ),
        (
            "RequestAuthentication",
            REQUESTS,
            "5s",
            "soon",
            "jwtRules.0.timeout",
            "which ends in `type conversion error from 'string' to 'google.protobuf.Duration'`",
        ),
        (
            "TrainingRuntime",
            TRAINING,
            "templates: [{metadata: {name: a}, spec: {}}]",
            "retentionPolicy: {whenDeleted: Delete}",
            "template.spec.volumeClaimPolicies.0",
            "which ends in `no such key: templates`: namespace cannot be set",
        ),
    ],
)
def test_a_rule_that_ends_in_an_error_refuses_too(
    kind: str, good: str, old: str, new: str, path: str, words: str
) -> None:
    assert broken(kind, good) == []
    ((at, message),) = broken(kind, good.replace(old, new))
    assert at == path and words in message


def test_an_error_of_a_rule_is_told_of_an_object_whose_rules_are_asked() -> None:
    """The API server asks the rules of no object that its schema refuses, and the field that a
    rule misses is told by whoever requires it."""
    nameless = GATEWAY.replace("{name: a, port: 80, protocol: HTTP}", "{name: a, port: 80}")
    body: Any = freeze({"metadata": {"name": "x"}, "spec": yaml.safe_load(nameless)})
    assert [each.message for each in problems(crd("Gateway"), body)] == ["has no protocol"]
    assert broken("Gateway", nameless) == []
    # Nor is it in what another rule refuses as a whole.
    (found,) = broken("Gateway", GATEWAY.replace("protocol: HTTP}", "protocol: HTTP, tls: {}}"))
    assert found[0] == "listeners"


BARE = GATEWAY.replace("{certificateRefs: [{name: c}]}", "{}")
AT, MISSED = "listeners.1.tls", "no such key: certificateRefs"


@pytest.mark.parametrize(
    ("old", "new", "besides"),
    [
        ("name: b, port: 443", "name: b, nope: 1, port: 443", "there is no field nope"),
        ("name: b", "name: A_B", "doesn't have the form"),
        ("port: 443", "port: 70000", "must be at most 65535"),
        ("gatewayClassName: istio", "gatewayClassName: ''", "must have at least 1 characters"),
        ("gatewayClassName: istio", "gatewayClassName: istio\nadresses: []", "no field adresses"),
    ],
)
def test_what_the_server_asks_rules_beside_hides_no_error_of_them(
    old: str, new: str, besides: str
) -> None:
    text = BARE.replace(old, new)
    assert text != BARE
    body: Any = freeze({"metadata": {"name": "x"}, "spec": yaml.safe_load(text)})
    (beside,) = problems(crd("Gateway"), body)
    assert besides in beside.message
    assert [(at, MISSED in message) for at, message in broken("Gateway", text)] == [(AT, True)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("protocol: HTTPS", "protcol: HTTPS"),  # the server says that it is missing
        ("port: 443", "port: a"),
        ("gatewayClassName: istio", "gatewayClassName: [istio]"),
        ("name: b", f"name: {'b' * 300}"),
        ("tls: {}", "tls: {mode: Any}"),
        ("tls: {}", "tls: {certificateRef: [{name: c}]}"),  # which is what the rule misses
    ],
)
def test_where_the_server_asks_no_rules_none_ends_in_an_error(old: str, new: str) -> None:
    text = BARE.replace(old, new)
    assert text != BARE
    body: Any = freeze({"metadata": {"name": "x"}, "spec": yaml.safe_load(text)})
    assert [*problems(crd("Gateway"), body)]
    assert [each for each in broken("Gateway", text) if "no such key" in each[1]] == []


def test_what_is_not_known_yet_breaks_no_rule() -> None:
    waits = Unknown("a run", "it has to end")
    body: Any = freeze(yaml.safe_load(ROUTE))
    rule = {**body["rules"][0], "matches": ({"path": {"value": waits}},), "backendRefs": waits}
    route: Any = {"metadata": {"name": "x"}, "spec": {**body, "rules": (rule,)}}
    assert list(broken_rules(crd("HTTPRoute"), route)) == []


def test_what_one_of_many_waits_for_is_compared_with_nothing() -> None:
    waits = Unknown("a run", "it has to end")
    given: Any = {"items": ("a", waits), "deep": freeze({"a": 1}), "one": waits}
    assert holds("'a' in self.items", given)
    for rule in ("'b' in self.items", "self.items == ['a', 'b']", "!('b' in self.items)"):
        with pytest.raises(CelError):
            holds(rule, given)


HUGE = 10**5000


HOSTILE = {
    "digits": HUGE,
    "infinite": float("inf"),
    "none": float("nan"),
    "long": "x" * 5000,
    "long digits": "1" * 50_000,
    "list": (HUGE,),
    "mapping": freeze({"a": 1}),
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_no_value_ends_a_check(value: Any) -> None:
    """Python shows no number of so many digits, and turns it into no other."""
    for kind, api in EVERY:
        for rule in {rule for node in crd(kind, api).nodes for rule, _ in node.rules}:
            for given in (value, freeze(dict.fromkeys(FIELD.findall(rule), value))):
                with suppress(CelError):
                    assert holds(rule, given) in (True, False)


def test_of_what_is_too_long_nothing_else_is_told() -> None:
    """Each listener beside all others: that takes the square of their number."""
    listener = {"port": 80, "protocol": "HTTP"}
    many = [{"name": f"n{number}", **listener} for number in range(65)]
    body: Any = freeze({"metadata": {"name": "x"}, "spec": {"listeners": many}})
    assert list(broken_rules(crd("Gateway"), body)) == []
    fewer: Any = freeze({"metadata": {"name": "x"}, "spec": {"listeners": many[:64]}})
    assert len(list(broken_rules(crd("Gateway"), fewer))) == 1
    assert "must have at most 64 items" in [each.message for each in problems(crd("Gateway"), body)]


@pytest.mark.parametrize("length", [300, 50_000])
def test_a_form_is_asked_of_no_text_that_is_too_long(length: int) -> None:
    """What Go tells at once takes Python the square of the length."""
    address: Any = freeze([{"type": "a" * length, "value": "a"}])
    found = [e.message for e in part_problems(crd("Gateway"), ("spec", "addresses"), address)]
    assert found == ["must have at most 253 characters"]
    at, size = ("spec", "bodySizeLimit"), "1" * length
    found = [e.message for e in part_problems(crd("ServiceMonitor"), at, size)]
    assert any("doesn't have the form" in each for each in found) is (length < 4096)


def test_a_line_end_is_no_part_of_a_name() -> None:
    """`key: |` gives its text one, which the API server refuses."""
    listener: Any = freeze([{"name": "a\n", "port": 80, "protocol": "HTTP"}])
    found = [e.message for e in part_problems(crd("Gateway"), ("spec", "listeners"), listener)]
    assert len(found) == 1 and found[0].startswith("doesn't have the form ^[a-z0-9]")
    assert not holds("self.matches('^[a-z]$')", "a\n")
    assert holds(r'self.matches(r"^a\$")', "a$\n")


PROJECT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  exai: ">=0.1"
  environments:
    prod: {target: kubeflow, namespace: ml, serving: {mode: Standard, gatewayApi: true}}
---
"""


def told(text: str) -> list[tuple[str, str]]:
    documents, problems = read(PROJECT + text, "exai.yaml")
    assert problems == ()
    specs = [spec for each in documents if isinstance(spec := parse(each), Spec)]
    project = link(specs)
    assert project is not None and len(specs) == len(documents)
    return [
        (str(each.at), each.message)
        for each in check(project, component_catalog())
        if each.severity == "error"
    ]


@pytest.mark.parametrize(("field", "besides"), [("nope: 1", "nope"), ("name: A_B", "name")])
def test_a_manifest_has_both_told_at_once(field: str, besides: str) -> None:
    name = "" if field.startswith("name") else "name: a, "
    manifest = f"""apiVersion: exai.dev/v1alpha1
kind: Manifest
metadata: {{name: gate}}
spec:
  manifest:
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    spec:
      gatewayClassName: istio
      listeners: [{{{name}{field}, port: 443, protocol: HTTPS, tls: {{}}}}]
"""
    (_, first), (_, second) = told(manifest)
    assert besides in first and "no such key: certificateRefs" in second


def test_manifests_and_patches_are_judged_by_them() -> None:
    manifest = """apiVersion: exai.dev/v1alpha1
kind: Manifest
metadata: {name: gate}
spec:
  manifest:
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    spec:
      gatewayClassName: istio
      listeners: [{name: a, port: 80, protocol: HTTP, tls: {}}]
"""
    ((at, message),) = told(manifest)
    assert at == "exai.yaml:19:18"
    assert message.startswith("`spec.listeners` of the Gateway breaks a rule of its CRD: tls must")
    patched = """apiVersion: exai.dev/v1alpha1
kind: LLMService
metadata: {name: chat}
spec:
  model: {uri: "hf://a/b"}
  router: {route: {}, gateway: {}, scheduler: {}}
  resources: {cpu: 1, memory: 1Gi}
  patches:
    LLMInferenceService:
      spec: {router: {route: {http: {spec: {rules: [{matches: [{path: {value: x}}]}]}}}}}
"""
    ((at, message),) = told(patched)
    assert at.startswith("exai.yaml:19:")
    assert "must be an absolute path" in message


def test_a_rule_is_not_told_beside_what_says_the_same() -> None:
    """What is written out by hand for KServe has the better hint, and stands alone."""
    manifest = """apiVersion: exai.dev/v1alpha1
kind: Manifest
metadata: {name: chat}
spec:
  manifest:
    apiVersion: serving.kserve.io/v1alpha2
    kind: LLMInferenceService
    spec:
      model: {uri: "hf://a/b"}
      replicas: 2
      scaling: {minReplicas: 1, maxReplicas: 3, wva: {keda: {}}}
"""
    found = [message for _, message in told(manifest)]
    assert len([each for each in found if "replicas" in each]) == 1, found
