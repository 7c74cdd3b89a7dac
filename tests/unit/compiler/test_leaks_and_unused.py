"""Leaks that have no name in common with the target, things that nobody uses, values that an engine
or Kubernetes would take otherwise: what the examples of `tests/invalid` leave open.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_compiler.catalog import Catalog
from exai_compiler.checks import check
from exai_compiler.checks.images import REFERENCE
from exai_specs.diagnostics import Diagnostic

from .test_checks import components, project_of

__all__ = ["components"]

INVALID = Path(__file__).parents[2] / "invalid/checks"


def found(components: Catalog, code: str, *changes: tuple[str, str]) -> list[Diagnostic]:
    """What is said of an example with these changes; each has to change something."""
    text = (INVALID / code / "exai.yaml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return [d for d in check(project_of({"exai.yaml": text}), components) if d.severity != "note"]


def codes(components: Catalog, code: str, *changes: tuple[str, str]) -> list[str]:
    return [each.code for each in found(components, code, *changes)]


ROWS = "    returned: bool\n"
AGAIN = (ROWS, ROWS + "    sent_back: {type: bool, source: returned}\n")
TRAINED = ("        features: [orders]\n", "        features: [orders, sent_back]\n")
DATED = ("counted_on: date", "counted_on: timestamp")


def test_the_target_under_another_name_is_a_leak(components: Catalog) -> None:
    (problem,) = found(components, "timestamp-mismatch", DATED, AGAIN, TRAINED)
    assert problem.code == "target-in-features"
    assert "the same column of the data as the target `returned`" in problem.message
    assert len(problem.related) == 3
    other = (ROWS, ROWS + "    sent_back: {type: bool, source: complained}\n")
    assert found(components, "timestamp-mismatch", DATED, other, TRAINED) == []


def test_the_target_in_another_dataset_of_the_same_data_is_one_too(components: Catalog) -> None:
    same = ("data/customers.parquet", "data/orders.parquet")
    column = (
        "    orders: int64\n",
        "    orders: int64\n    sent: {type: bool, source: returned}\n",
    )
    view = ("  features: [orders]\n", "  features: [orders, sent]\n")
    step = ("        features: [orders]\n", "        features: [orders, sent]\n")
    changes = (DATED, column, view, step)
    assert codes(components, "timestamp-mismatch", *changes, same) == ["target-in-features"]
    assert codes(components, "timestamp-mismatch", *changes) == []


def test_a_function_is_not_given_the_target_by_the_request(components: Catalog) -> None:
    (problem,) = [
        each
        for each in found(
            components, "later-feature", ("{written_at: timestamp}", "{returned: bool}")
        )
        if each.code != "missing-file"
    ]
    assert problem.code == "target-in-features"
    assert "takes of the request" in problem.message


def test_days_joined_to_days_and_times_to_times_are_right(components: Catalog) -> None:
    assert found(components, "timestamp-mismatch", DATED) == []
    days = ("ordered_at: timestamp", "ordered_at: date")
    assert found(components, "timestamp-mismatch", days) == []


def test_own_code_may_read_any_connection(components: Catalog) -> None:
    own = (
        "    check:\n",
        "    own: {image: alpine@sha256:aa, command: [x, '${{ inputs.d }}'],"
        " with: {d: '${{ steps.load.data }}'}}\n    check:\n",
    )
    assert "unused-connection" not in codes(components, "unused-connection", own)


def test_a_secret_that_a_reference_or_a_patch_names_is_used(components: Catalog) -> None:
    step = "      uses: load-dataset\n"
    named = (step, f"{step}      volumes: {{/mnt/lake: {{secret: lake}}}}\n")
    assert found(components, "unused-secret", named) == []


def test_a_secret_that_is_nearly_named_is_shown_where_it_was_meant(components: Catalog) -> None:
    """The name may be that of a Secret that nobody declares, so the warning is all that is told."""
    step = "      uses: load-dataset\n"
    for name, hint in (("laek", "is `laek` meant for it? use it, or remove it"), ("other", "")):
        named = (step, f"{step}      volumes: {{/mnt/lake: {{secret: {name}}}}}\n")
        (problem,) = [e for e in found(components, "unused-secret", named) if "lake" in e.message]
        assert problem.code == "unused-secret"
        assert problem.hint == (hint or "use it, or remove it")
        assert [(words, str(at)) for words, at in problem.related] == (
            [(f"`{name}` stands here", "exai.yaml:26:37")] if hint else []
        )


def test_a_secret_is_not_used_by_a_document_that_is_called_like_it(components: Catalog) -> None:
    said = ("metadata: {name: orders}", "metadata: {name: orders, description: lake}")
    assert codes(components, "unused-secret", said) == ["unused-secret"]


def test_a_step_that_something_reads_is_used(components: Catalog) -> None:
    read = (
        "test: 0.2}\n",
        "test: 0.2}\n    again:\n      uses: validate-dataset\n"
        '      with: {dataset: orders, data: "${{ steps.split.test }}"}\n',
    )
    assert found(components, "unused-step", read) == []


def test_an_input_that_a_variable_or_an_argument_names_is_used(components: Catalog) -> None:
    for used in ("command: [echo, '${{ inputs.day }}']", "command: [echo, '{{$}}']"):
        assert found(components, "unused-input", ("command: [echo, hello]", used)) == []


def test_an_input_or_an_output_that_is_nearly_named_is_no_unused_one(components: Catalog) -> None:
    hello = "command: [echo, hello]"
    for name, more in (("dya", []), ("month", ["unused-input"])):
        named = (hello, f"command: [echo, '${{{{ inputs.{name} }}}}']")
        assert codes(components, "unused-input", named) == ["unknown-reference", *more]
    words = ("outputs.words }}", "outputs.word }}; echo 3 > ${{ outputs.rows }}")
    told = found(components, "unwritten-output", words)
    assert [each.code for each in told if "`table`" not in each.message] == ["unknown-reference"]


def test_a_claim_that_is_mounted_is_used(components: Catalog) -> None:
    mounts = ("command: [echo, hello]", "command: [echo]\n      volumes: {/x: {claim: scratch}}")
    assert found(components, "unused-claim", mounts) == []


def test_a_claim_that_is_nearly_mounted_is_no_unused_one(components: Catalog) -> None:
    command = "      command: [echo, hello]\n"
    mounted = (command, f"{command}      volumes: {{/room: {{claim: scrach}}}}\n")
    (problem,) = found(components, "unused-claim", mounted)
    assert problem.code == "unknown-reference" and 'did you mean "scratch"?' in problem.hint
    other = (mounted[0], mounted[1].replace("scrach", "weights"))
    assert codes(components, "unused-claim", other) == ["unused-claim", "unknown-reference"]


def test_a_workspace_that_a_step_asks_for_is_used(components: Catalog) -> None:
    asks = ("command: [echo, hello]", "command: [ls, '${{ run.workspace }}']")
    assert found(components, "unused-workspace", asks) == []


def test_a_runtime_that_is_named_or_chosen_is_used(components: Catalog) -> None:
    chosen = ("format: sklearn", 'format: forest, formatVersion: "1"')
    assert found(components, "unused-runtime", chosen) == []
    wide = ("  protocols: [v2]", "  protocols: [v2]\n  scope: cluster")
    assert found(components, "unused-runtime", wide) == []


def test_a_runtime_that_is_nearly_named_is_no_unused_one(components: Catalog) -> None:
    served = ("  model: returns\n", "  model: returns\n  runtime: forest\n")
    (problem,) = found(components, "unused-runtime", served)
    assert (problem.code, problem.hint) == ("unknown-runtime", 'did you mean "forests"?')
    other = (served[0], served[1].replace("forest", "platform-trees"))
    assert codes(components, "unused-runtime", other) == ["unknown-runtime", "unused-runtime"]
    shipped = (served[0], served[1].replace("forest", "kserve-sklernserver"))
    hints = [each.hint for each in found(components, "unused-runtime", shipped)]
    assert hints[0] == 'did you mean "kserve-sklearnserver"?'


def test_what_only_is_called_like_a_credential(components: Catalog) -> None:
    for name, value in (
        ("CACHE_PASSWORD", "/run/secrets/cache"),
        ("HF_TOKEN", "/run/secrets/Team1/tokens/HuggingFaceToken1"),
        ("MAX_TOKENS", "rosebud"),
        ("CACHE_PASSWORD", '"true"'),
        ("PASSWORD_FILE", "rosebud"),
        ("TOKENIZER", "rosebud"),
        ("CACHE_PASSWORD", "{secret: cache, key: password}"),
    ):
        change = ("CACHE_PASSWORD: rosebud", f"{name}: {value}")
        assert found(components, "credential-in-env", change) == []


MANIFEST = """---
apiVersion: exai.dev/v1alpha1
kind: Manifest
metadata: {name: settings}
spec:
  manifest: {apiVersion: v1, kind: ConfigMap, data: {region: eu, password: rosebud}}
"""


def test_a_credential_in_an_object_of_kubernetes(components: Catalog) -> None:
    patched = """    CACHE_USER: rosebud
  patches:
    InferenceService: {spec: {predictor: {model: {env: [{name: HUB_TOKEN, value: rosebud}]}}}}
"""
    change = ("    CACHE_PASSWORD: rosebud\n    TOKEN: /run/secrets/token\n", patched + MANIFEST)
    problems = found(components, "credential-in-env", change)
    assert [(each.code, str(each.at), each.message.split()[0]) for each in problems] == [
        ("credential-in-env", "exai.yaml:30:82", "`HUB_TOKEN`"),
        ("credential-in-env", "exai.yaml:36:66", "`password`"),
    ]


def test_a_key_with_a_slash_is_no_path(components: Catalog) -> None:
    key = "wJalrXUtnFE4I/K7MDENG/bPxRfiCYzQ9dLmWkVt"
    change = ("CACHE_PASSWORD: rosebud", f"AWS_SECRET_ACCESS_KEY: {key}")
    (told,) = found(components, "credential-in-env", change)
    assert key not in told.message + told.hint


def test_a_text_that_kubernetes_leaves_alone(components: Catalog) -> None:
    for text in ("$(date)", "$$(HOST)", "$HOST"):
        change = ("redis://$(HOST):6379", f'"{text}"')
        assert found(components, "kubernetes-placeholder", change) == []


def test_a_gate_within_reach(components: Catalog) -> None:
    changes = ("{min: 90}", "{min: 0.9}"), ("{max: -1}", "{max: 0.5}")
    assert found(components, "gate-never-passes", *changes) == []


def test_a_signature_that_says_the_same(components: Catalog) -> None:
    same = ("{amount: int64, weight: float64}", "{amount: float64}")
    assert found(components, "signature-mismatch", same) == []
    (target,) = found(components, "signature-mismatch", same, ("{returned: bool}", "{back: bool}"))
    assert "predicts `returned`, not `back`" in target.message
    assert [str(at) for _, at in target.related] == ["exai.yaml:32:17"]


def test_a_target_that_is_no_column_or_a_feature_is_one_error(components: Catalog) -> None:
    same = ("{amount: int64, weight: float64}", "{amount: float64}")
    typo = ("target: returned", "target: returns")
    assert codes(components, "signature-mismatch", same, typo) == ["unknown-column"]
    among = ("features: [amount]", "features: [amount, returned]")
    assert codes(components, "signature-mismatch", same, among) == ["target-in-features"]


@pytest.mark.parametrize(
    ("image", "right"),
    [
        ("alpine", True),
        ("python:3.11", True),
        ("localhost:5000/a/b:1", True),
        ("ghcr.io/acme/exai_train@sha256:" + "a1" * 32, True),
        ("ghcr.io/Acme/train", False),
        ("not an image", False),
        ("https://ghcr.io/acme/train", False),
        ("alpine:", False),
        ("a" * 50_000 + "!", False),
    ],
)
def test_images(image: str, right: bool) -> None:
    assert bool(REFERENCE.fullmatch(image)) is right


def test_a_folder_holds_no_models_of_a_cluster(components: Catalog) -> None:
    store = (
        "      namespace: ml-prod\n",
        "      namespace: ml-prod\n      models: {store: models/}\n",
    )
    (problem,) = found(components, "unused-runtime", store)[:1]
    assert (problem.code, problem.severity) == ("data-not-reachable", "error")


@pytest.mark.parametrize(
    "written",
    [
        "token_count: rosebud",
        "password_column: rosebud",
        "tokenizer: rosebud",
        "pad_token: '[PAD]'",
        "next_page_token: rosebud",
        "max_token: rosebud",
        "password: ${{ parameters.apiKey }}",
        "password: <password>",
        "password: $PASSWORD",
        "password: changeme",
        "token: your-token-here",
        "apiKey: EMPTY",
        "api_key: sk-no-key-required",
        "secret: db-credentials",
        "token: /run/secrets/token",
        "token: ''",
        "password: 5",
        "placeholder_token: sks",
        "unknown_token: UNK",
        "use_token: yes",
        "headers: {Authorization: Bearer $TOKEN}",
        "headers: {Authorization: Negotiate}",
    ],
)
def test_an_input_that_only_is_called_like_a_credential(components: Catalog, written: str) -> None:
    before = "        password: rosebud\n"
    after = f"        {written}\n"
    told = found(components, "credential-in-literal", (before, after))
    assert sum(each.code == "credential-in-literal" for each in told) == 4, told


def test_a_header_among_inputs_is_told_as_in_a_command(components: Catalog) -> None:
    header = "        headers: {Authorization: Bearer rosebud77}\n"
    told = found(components, "credential-in-literal", ("        password: rosebud\n", header))
    assert "`Authorization`" in " ".join(each.message for each in told)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ('"--api-key", rosebud', "api-key"),
        ("--api-key=rosebud", "api-key"),
        ('"run -p 1 --db-password rosebud x"', "db-password"),
        ("\"PGPASSWORD='rosebud' psql\"", "PGPASSWORD"),
        ("\"curl -H 'Authorization: Bearer rosebud7'\"", "Authorization"),
        ('"export PASSWORD=`cat /run/password`; run"', ""),
        ('"gh auth login --with-token < /run/token"', ""),
        ('"--use-token", "on"', ""),
        ("--api-key=$KEY", ""),
        ('"--api-key", --other', ""),
        ('"--token-file", /run/token', ""),
        ('"--tokenizer", rosebud', ""),
        ('"--api-key", "${{ inputs.key }}"', ""),
        ("\"curl -H 'Authorization: Bearer $TOKEN' x\"", ""),
        ('"export TOKEN=$(cat /run/token) PASSWORD=${PASSWORD}"', ""),
        ('"--secret", db-credentials', ""),
        ('"how to use a token or a password in --words"', ""),
    ],
)
def test_a_credential_among_arguments(components: Catalog, words: str, name: str) -> None:
    change = ('"--hub-token", rosebud', words)
    told = found(components, "credential-in-literal", change)
    said = [each.message for each in told if str(each.at).startswith("exai.yaml:19:")]
    assert said == (
        [f"`{name}` is called like a credential, and its value stands here"] if name else []
    )


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        ("token: rosebud7", "token"),
        ("example.com/api-key: rosebud7", "api-key"),
        ("example.com/dbPassword: rosebud7", "dbPassword"),
        ("example.com/note: 'connect with PASSWORD=rosebud7'", "PASSWORD"),
        ("example.com/token: /run/secrets/token", ""),
        ("example.com/inject-token: 'true'", ""),
        ("example.com/auth-secret: basic-auth", ""),
        ("example.com/tls-secret: ml/tls", ""),
        ("example.com/token-audience: rosebud7", ""),
        ("example.com/secret-name: rosebud7", ""),
    ],
)
@pytest.mark.parametrize("of_pod", [False, True])
def test_a_credential_among_annotations(
    components: Catalog, annotation: str, name: str, of_pod: bool
) -> None:
    named = "metadata: {name: nightly}\n"
    given = f"metadata: {{name: nightly, annotations: {{{annotation}}}}}\n"
    step = '      args: ["--hub-token"'
    change = (step, f"      podAnnotations: {{{annotation}}}\n{step}") if of_pod else (named, given)
    told = found(components, "credential-in-literal", change)
    said = [each.message for each in told if "all who see the object" in each.hint]
    assert said == (
        [f"`{name}` is called like a credential, and its value stands here"] if name else []
    )
