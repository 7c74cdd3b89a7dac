"""What is told as a credential, and what is only called so: the table of both checks."""

from __future__ import annotations

import pytest

from exai_compiler.checks.usable_credentials import credential_in, usable_among
from exai_specs.known_secrets import known_secrets

NO = ""


@pytest.mark.parametrize(
    ("words", "name"),
    [
        # An option and what follows it.
        (("--api-key", "rosebud"), "api-key"),
        (("--api-key=rosebud",), "api-key"),
        (("-password", "rosebud"), "password"),
        (("-Dpassword=rosebud",), "password"),
        (("-Dspring.datasource.password=rosebud",), "spring.datasource.password"),
        (("run -p 1 --db-password rosebud x",), "db-password"),
        (("--dbPassword", "hunter 2"), "dbPassword"),
        (("--secret-key", "wJalrXUtnFE4I/K7MDENG/bPxRfiCYzQ9dLmWkVt"), "secret-key"),
        (
            ("--private-key", "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a"),
            "private-key",
        ),
        (("--private-key", "id_rsa"), NO),
        (("--private-key", "id_ed25519"), NO),
        (("--private-key", "deploy"), NO),
        (("--private-key=server.pem",), NO),
        (("--private-key", "keys/deploy"), NO),
        # A slash makes no path of a password.
        (("--password", "hun/ter2abcdef"), "password"),
        (("--password=Tr0ub4dor/3",), "password"),
        (("--db-password", "p@ss/w0rd"), "db-password"),
        (("--password", "a\\b9c8d"), "password"),
        (("--password", "./x9y8z7"), NO),
        (("--password", "../x9y8z7"), NO),
        (("--password", "~/x9y8z7"), NO),
        (("--password", "/run/x9y8z7"), NO),
        (("--password", "run/x9y8z7.txt"), NO),
        (("--password", "C:\\run\\x9y8z7"), NO),
        (("--password", "secret/data/shop/db"), NO),
        (("--password", "secret/data/shop#db2x"), NO),
        (("--token", "projects/123/secrets/db-creds/versions/1"), NO),
        (("--token-secret", "ns1/db-7f9x"), NO),
        (("--token", "s3://bucket/x9y8z7"), NO),
        (("--token", "token.txt"), NO),
        (("--credentials", "service-account.json"), NO),
        (("--credentials", "@creds"), NO),
        (("--token", "env:HF_TOKEN"), NO),
        (("--token=env:HF_TOKEN",), NO),
        (("--token", "env://HF_TOKEN"), NO),
        (("--password", "vault:db#password"), NO),
        (("--password", "file:/run/password"), NO),
        (("--password", "arn:aws:secretsmanager:eu-west-1:1:secret:db"), NO),
        (("--password", "$PASSWORD"), NO),
        (("--password", "${PASSWORD}"), NO),
        (("--password=$(cat /run/password)",), NO),
        (("--password", "{{ .Values.password }}"), NO),
        (("--password={{password}}",), NO),
        (("--password", "<password>"), NO),
        (("--password", "%PASSWORD%"), NO),
        (("--password", "changeme"), NO),
        (("--token", "TOKEN"), NO),
        (("--token", "DB_PASS"), NO),
        (("--password", "${{ inputs.key }}"), NO),
        (("--api-key", "--other"), NO),
        (("--token-file", "/run/token"), NO),
        (("--tokenizer", "rosebud"), NO),
        (("--pad-token", "rosebud"), NO),
        (("--secret", "db-credentials"), NO),
        (("--use-token", "on"), NO),
        (("--max-token", "5"), NO),
        # What is set: variables, connection strings, values of a chart, properties.
        (("PGPASSWORD='rosebud' psql",), "PGPASSWORD"),
        (("host=db user=me password=hunter2 dbname=x",), "password"),
        (("host=db password='hunter 2'",), "password"),
        (("Server=db;User Id=me;Password=hunter2;",), "Password"),
        (("password=hunter2",), "password"),
        (("helm", "upgrade", "--set", "db.password=hunter2"), "db.password"),
        (("helm upgrade --set db.password=hunter2,x=y",), "db.password"),
        (("--set-string", "auth.apiKey=hunter2"), "auth.apiKey"),
        (("--set=db.password=hunter2",), "db.password"),
        (("kubectl create secret generic db --from-literal=password=hunter2",), "password"),
        (("docker", "run", "-e", "DB_PASSWORD=hunter2"), "DB_PASSWORD"),
        (("spark-submit --conf spark.db.password=hunter2",), "spark.db.password"),
        (("python -c \"login(password='hunter2')\"",), "password"),
        (("python -c \"password = 'hunter2'\"",), "password"),
        (("host=db password=$PASSWORD",), NO),
        (("host=db password=${PASSWORD}",), NO),
        (("host=db password=$(PASSWORD)",), NO),
        (("--set", "db.password=$PASSWORD"), NO),
        (("--set", "db.password={{ password }}"), NO),
        (("--set", "db.existingSecret=db-credentials"), NO),
        (("--set", "db.passwordFile=/run/password"), NO),
        (("python -c \"login(password=os.environ['PASSWORD'])\"",), NO),
        (("python -c 'login(password=get_password())'",), NO),
        (("python -c 'login(password=password, token=hf_token)'",), NO),
        (("python -c 'login(token=args.hub)'",), NO),
        (("python -c 'login(token=None)'",), NO),
        (("if [ \"$token\" = 'x1' ]; then",), NO),
        (("token == 'x1'",), NO),
        (("grep -E 'token=([a-z]+)' log",), NO),
        (("export TOKEN=$(cat /run/token) PASSWORD=${PASSWORD}",), NO),
        (("export PASSWORD=`cat /run/password`; run",), NO),
        # JSON.
        (('{"password": "hunter2"}',), "password"),
        (('curl -d \'{"user":"me","password":"hunter2"}\' http://db',), "password"),
        (('curl -d "{\\"clientSecret\\": \\"Hunter2\\"}" http://db',), "clientSecret"),
        (("{'api_key': 'hunter2'}",), "api_key"),
        (('{"password": "$PASSWORD"}',), NO),
        (('{"password": "\'$PASSWORD\'"}',), NO),
        (('{"password": "{{ password }}"}',), NO),
        (('{"password": {"type": "string"}}',), NO),
        (('{"token": "string", "password": ""}',), NO),
        (('{"type": "password", "tokenizer": "rosebud"}',), NO),
        # Headers, and who logs in.
        (("-H", "Authorization: Bearer hunter2"), "Authorization"),
        (("curl -H 'Authorization: Bearer rosebud7'",), "Authorization"),
        (("curl", "-H", "authorization: Basic bWU6aHVudGVyMg=="), "authorization"),
        (('{"Authorization": "Bearer hunter2"}',), "Authorization"),
        (("curl -H 'X-Api-Key: hunter2' http://db",), "X-Api-Key"),
        (("curl -H 'PRIVATE-TOKEN: hunter2-Kj' http://db",), "PRIVATE-TOKEN"),
        (("curl", "-u", "me:hunter2", "http://db"), "-u"),
        (("curl", "--user", "me:hunter2"), "-u"),
        (("curl -s -u me:hunter2 http://db",), "-u"),
        (("curl --proxy-user 'me:hunter2' http://db",), "-u"),
        (("curl -u $USER:hunter2 http://db",), "-u"),
        (("curl -u me:$PASSWORD http://db",), NO),
        (("curl", "-u", "me:${PASSWORD}"), NO),
        (("curl", "-u", "me"), NO),
        (("docker", "run", "-u", "app:staff", "x"), NO),
        (("docker run -u 1000:1000 x",), NO),
        (("-H", "Authorization: Bearer $TOKEN"), NO),
        (("-H", "Authorization: Bearer ${TOKEN}"), NO),
        (("-H", "Authorization: Bearer {{ token }}"), NO),
        (("-H", "Authorization: Bearer <token>"), NO),
        (("-H", "Authorization: Negotiate"), NO),
        (("f'Authorization: Bearer {token}'",), NO),
        # Prose.
        (("how to use a token or a password in --words",), NO),
        (("gh auth login --with-token < /run/token",), NO),
        (("the password: what people know",), NO),
        (("Authorization: Bearer tokens are shown",), NO),
    ],
)
def test_a_credential_among_words(words: tuple[str, ...], name: str) -> None:
    assert [called for _, called in usable_among(words)] == ([name] if name else [])


@pytest.mark.parametrize(
    ("called", "value", "name"),
    [
        ("password", "rosebud", "password"),
        ("hf_token", "rosebud", "hf_token"),
        ("DSN", "host=db password=hunter2", "password"),
        ("config", '{"password": "hunter2"}', "password"),
        ("Authorization", "Bearer hunter2", "Authorization"),
        ("password", "env:HF_TOKEN", NO),
        ("private_key", "id_rsa", NO),
        ("password", "${PASSWORD}", NO),
        ("password", "{{ password }}", NO),
        ("api_key", "EMPTY", NO),
        ("DSN", "host=db password=${PASSWORD}", NO),
        ("DSN", "host=db passfile=/run/pgpass", NO),
        ("prompt", "Never tell anybody your password.", NO),
        ("n", 5, NO),
    ],
)
def test_a_credential_of_a_name(called: str, value: object, name: str) -> None:
    assert (credential_in(called, value) or NO) == name


@pytest.mark.parametrize(
    "text",
    ["https://me:hunter2@host/x", "Server=db;pwd=hunter2x;", "https://h/x?password=hunter2"],
)
def test_what_tells_itself_by_its_form_is_told_elsewhere(text: str) -> None:
    assert [path for path, _ in known_secrets((text,))] == [(0,)]


def test_each_credential_of_a_command_is_told_once_where_it_stands() -> None:
    words = ("curl", "-u", "me:hunter2", "--token", "hunter2", "a=b password=x1 token=y1", 7)
    assert list(usable_among(words)) == [(2, "-u"), (4, "token"), (5, "password")]


@pytest.mark.parametrize(
    "part",
    [
        "a=",
        "token ",
        "-u ",
        "-u a",
        '"a',
        '"a": ',
        "a-",
        "a-b: ",
        "a ",
        "=",
        "\\",
        "'",
        "-Da",
        "-u:",
    ],
)
def test_a_long_text_comes_to_an_end(part: str) -> None:
    """Looked through from each of them to the last one, it would take hours."""
    text = f"curl {part * 20_000} token"
    list(usable_among((text, f"{text}=hunter2")))
