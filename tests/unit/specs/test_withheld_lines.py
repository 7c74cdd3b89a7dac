"""Lines that diagnostics quote: nothing behind a credential's name, everything else."""

from __future__ import annotations

import pytest

from exai_specs.withheld_lines import key_shown, line_shown

TOKEN = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("postgresql: {user: u, pasword: hunter2PW}", "postgresql: {user: u, pasword: ***"),
        ("password: {sekret: db, value: hunter2}", "password: ***"),
        ("password: {secret: db, kye: hunter2}", "password: ***"),
        (f"env: {{HF_TOKEN: {TOKEN}, HF_TOKEN: {TOKEN}}}", "env: {HF_TOKEN: ***"),
        ('env: {HF_TOKEN: "hf_abc}', "env: {HF_TOKEN: ***"),
        ("env: {HF_TOKEN: hunter2, DB_PASSWORD: hunter2PW, X: [1]}", "env: {HF_TOKEN: ***"),
        (f"args: [--with, {TOKEN}]", "args: [--with, ***"),
        ("{name: HF_TOKEN, value: hunter2}", "{name: HF_TOKEN, value: ***"),
        ("# apiKey: hunter2", "# apiKey: ***"),
        ('{"access-key":"hunter2"}', '{"access-key": ***'),
        ("secret: Hunter2!", "secret: ***"),
        ("uri: postgresql://u:hunter2@db/x", "uri: ***"),
        ("args: [--a, b, --api-key, hunter2]", "args: [--a, b, --api-key, ***"),
        ('args: ["--db-password=hunter2"]', 'args: ["--db-password= ***'),
        ("command: [sh, -c, 'PGPASSWORD=hunter2 psql']", "command: [sh, -c, 'PGPASSWORD= ***"),
        ("{user: exai, password:hunter2PW, port: 1}", "{user: exai, password: ***"),
        ("{user: exai, password = hunter2PW}", "{user: exai, password = ***"),
        ("{user: exai, password hunter2PW}", "{user: exai, password ***"),
        ("{user: exai, pass: hunter2PW}", "{user: exai, pass: ***"),
        ('{host: "exai:hunter2PW@db", port: 1}', '{host: "***'),
        ("  password:hunter2PW", "  password: ***"),
        ("  pasword:{hunter2PW}", "  pasword: ***"),
        ("{'api-key':hunter2, token: hunter3}", "{'api-key': ***"),
        ("{password:a b: hunter2}", "{password: ***"),
        ("x: {Authorization: Bearer hunter22}", "x: {Authorization: Bearer ***"),
    ],
)
def test_a_credential_is_not_quoted(line: str, told: str) -> None:
    assert line_shown([line], 0) == told


@pytest.mark.parametrize(
    "line",
    [
        "env: {HF_TOKEN: {secret: hub, key: token}, X: [1]}",
        "password: {key: password, secret: db}",
        "HF_TOKEN: {secret: 'hub', key: \"token\", optional: true}",
        "secret: db",
        "key: token",
        "max_tokens: 100",
        "tokenizer: {uri: s3://acme/tokenizer}",
        "HF_TOKEN: /run/secrets/token",
        "TOKEN: ${{ parameters.token }}",
        "secrets: {db: {name: db}}",
        "secret: {secretName: db}",
        "steps: {load: {component: load}}",
        "key: [station_id, at]",
        "args: [--tokenizer, hunter2, --token-file, /run/token, --api-key, $KEY]",
        "{python: feature.token:main, image: acme/token:v1}",
        "if: ${{ parameters.token == 5 }}",
        "description: a token of 3 words, a password for all",
        "{host: db, model: iris@champion, image: a/b:v1@sha256:0}",
        "HF_TOKEN:${{ parameters.token }}",
        "{secret:db, key:password}",
        "args: [--api-key, --verbose, 'TOKEN=$(cat /run/token)']",
    ],
)
def test_what_is_no_credential_is_quoted(line: str) -> None:
    assert line_shown([line], 0) == line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("HF_TOKEN: |\n  hunter2", "  ***"),
        ("HF_TOKEN:\n  hunter2", "  ***"),
        ("HF_TOKEN:\nhunter2", "***"),
        ("HF_TOKEN:\nUSER: me", "USER: me"),
        ("- name: HF_TOKEN\n  value: hunter2", "  value: ***"),
        ('DB_PASSWORD: "one\n  two', "  ***"),
        ("args:\n  - --api-key\n  - hunter2", "  - ***"),
        ("args:\n- '--api-key'\n- hunter2", "- ***"),
        ("args:\n  - --api-url\n  - e.com", "  - e.com"),
        ("HF_TOKEN: {secret: hub, key: token}\nX: [1]", "X: [1]"),
        ("- name: REGION\n  value: eu", "  value: eu"),
        ("secret:\n  name: db", "  name: db"),
    ],
)
def test_a_credential_may_go_on_below(text: str, told: str) -> None:
    lines = text.split("\n")
    assert line_shown(lines, len(lines) - 1) == told


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("password=hunter2PW", "password=***"),
        ("password:hunter2PW", "password:***"),
        ("password hunter2PW", "password ***"),
        ("passwords", "passwords"),
        ("token", "token"),
    ],
)
def test_a_credential_in_a_key_is_not_named(key: str, told: str) -> None:
    assert key_shown(key) == told


def test_a_hint_of_python_is_no_value() -> None:
    assert line_shown(["def f(token: str): ..."], 0, python=True) == "def f(token: str): ..."
    assert line_shown(['password = "hunter2"'], 0, python=True) == "password = ***"


def test_a_word_without_end_is_looked_at_once() -> None:
    word = "y" * 19_000
    assert line_shown([word], 0) == word
    assert line_shown([f"{word}.hf_token: hunter2"], 0) == f"{word}.hf_token: ***"


def test_blanks_without_end_are_looked_at_once() -> None:
    blank = " " * 19_000
    assert line_shown([f"{{token: hunter2{blank}b, n: 1}}"], 0) == "{token: ***"
    assert line_shown([f"token: ${{{{ a }}}}{blank}# hunter2"], 0) == line_shown(
        ["token: ${{ a }} # hunter2"], 0
    ).replace(" #", f"{blank}#")


def test_of_a_line_that_nobody_wrote_nothing_is_shown() -> None:
    line = "x: " + "y" * 900_000
    assert line_shown([line], 0) == "***"
    assert line_shown([line, "  y"], 1) == "  ***"
    assert line_shown([f"{line}: |", "x: y"], 1) == "x: y"
