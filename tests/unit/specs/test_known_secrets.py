"""Secrets that tell themselves by their form; and texts that only look a little like one."""

from __future__ import annotations

import pytest

from exai_specs.documents import read
from exai_specs.known_secrets import FORMS, known_secrets, may_hold_secrets

# In two parts, so that no scanner of repositories takes them for real ones.
SECRETS = (
    "AKIA" + "Q7RSTUVWXYZ23456",
    "ASIA" + "Q7RSTUVWXYZ23456",
    *(f"gh{kind}_" + "a1B2" * 9 for kind in "pousr"),
    "github_pat_" + "a1B2_" * 12,
    "glpat-" + "a1B2" * 5,
    "xoxb-" + "12345678-" * 3,
    "AIza" + "a1B2c" * 7,
    "hf_" + "aB" * 17,
    "sk_live_" + "a1B2" * 6,
    "npm_" + "a1B2" * 9,
    "pypi-AgE" + "a1B2" * 13,
    "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE",
    "-----BEGIN " + "PRIVATE KEY-----",
    "postgresql://exai:" + "hunter2@db:5432/ml",
    "redis://:" + "hunter2@cache",
    "s3://KEY:" + "SECRET@bucket/models",
    "s3://KEY:" + "SECRET@/models",
    "postgresql://exai:" + "hunter2@/ml",
    "s3://" + "AbCdEf0123456789xyz@/models",
    "https://ghp_" + "x@/acme/data.git",
    "s3://anna:" + "hunter2/x+y@bucket",
    "https://anna:" + "hunter2@example.com/regions.csv",
    "https://ghp_" + "x@github.com/acme/data.git",
    "https://" + "0123456789abcdef0123@api.example.com/v1",
    "https://a.s3.amazonaws.com/iris.csv?X-Amz-Date=20260101T0000Z&X-Amz-Signature=" + "0a1b" * 16,
    "https://storage.googleapis.com/a/iris.csv?X-Goog-Signature=" + "0a1b" * 16,
    "https://d111.cloudfront.net/iris.csv?Expires=1&Signature=" + "a1-B2~" * 10,
    "https://acme.blob.core.windows.net/data/iris.csv?sv=2024-01-01&sig=" + "aB1%2B" * 7,
    "https://example.com/iris.csv?token=" + "hunter2",
    "https://example.com/iris.csv?a=b&access_token=" + "hunter2",
    "s3://bucket/iris?X-Amz-Security-Token=" + "IQoJb3JpZ2",
    "https://example.com/iris.csv?api_key=" + "hunter2",
    "jdbc:postgresql://db/ml?user=exai&password=" + "hunter2",
    # Three of a hundred signatures of Azure begin with `%`.
    *(
        f"https://acme.blob.core.windows.net/data/iris.csv?sv=2024-01-01&sig={first}" + "aB1cD2" * 7
        for first in ("%2B", "%2F", "%2b")
    ),
    # One of a thousand holds three of this letter.
    "https://acme.blob.core.windows.net/data/iris.csv?sig=" + "aB1cD2xXx" * 5,
    "https://a.s3.amazonaws.com/iris.csv?x-amz-signature=" + "0a1b" * 16,
    "https://a.s3.amazonaws.com/iris.csv?X-AMZ-SIGNATURE=" + "0a1b" * 16,
    "https://a.s3.amazonaws.com/iris.csv?AWSAccessKeyId=x&Signature=%2F" + "abcDEF%2B12" * 2,
    "https://example.com/iris.csv?TOKEN=" + "hunter2",
    "https://example.com/iris.csv?sessionToken=" + "hunter2",
    "https://example.com/#access_token=" + "hunter2",
    "jdbc:sqlserver://db;user=exai;PASSWORD=" + "hunter2",
    "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=" + "Ab1/" * 21 + "==",
    "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey="
    + "Ab1/" * 9,
    "s3://" + "AbCdEf0123456789xyz@bucket/models",
    "gs://" + "0a1b2c3d4e5f6a7b8c9d@bucket",
    "https://login.example.com/token?client_id=x&client_secret=" + "hunter2",
    "https://login.example.com/token?clientSecret=" + "hunter2",
    "Driver={ODBC Driver 18 for SQL Server};Server=db;Uid=exai;Pwd=" + "hunter2;",
    "Server=db;UID=exai;PWD=" + "hunter2",
    "Server=db;uid=exai;pwd=" + "hunter2",
    "jdbc:mysql://db/ml?user=exai&passwd=" + "hunter2",
)
NO_SECRETS = (
    "AKIAIOSFODNN7EXAMPLE",  # of AWS' own documentation
    "AKIA is the prefix of a key",
    "s3://bucket/path:x@2",
    "s3://arn:aws:s3:us-east-1:1:accesspoint/a/x@2",
    "s3://<key>:<secret>@bucket",
    "ghp_short",
    "a height_of_flowers_in_centimetres_and_more_words",
    "postgresql://exai@db:5432/ml",
    "postgresql://exai:password@db/ml",
    "postgresql://exai:<password>@db/ml",
    "postgresql://exai:${PASSWORD}@db/ml",
    "postgresql://exai:***@db/ml",
    "https://example.com:8080/a@b",
    "s3://bucket/folder:part@2",
    "http://host:80/?mail=a@example.com",
    "see http://a.example/ and write to me: anna@example.com",
    "repo@sha256:" + "a1" * 32,
    "-----BEGIN CERTIFICATE-----",
    "https://anna@example.com/data.git",
    "https://example.com/iris.csv?token=${TOKEN}",
    "https://example.com/iris.csv?token=<token>",
    "https://example.com/iris.csv?token=YOUR_TOKEN",
    "https://example.com/iris.csv?signature=none&token=",
    "https://example.com/iris.csv?key=iris&sort=token",
    "abfss://0123456789container-of-ours@acme.dfs.core.windows.net/iris",
    "the query has token=abcdef12 in it",
    "https://example.com/iris.csv?token=xxxxxxxx&a=b",
    "https://example.com/iris.csv?token=abc-xxx-def",
    "https://example.com/iris.csv?token=%7Btoken%7D",
    "https://example.com/iris.csv?token=%3Ctoken%3E",
    "https://example.com/iris.csv?token=%(token)s",
    "s3://bucket/iris?signature=predictions_v2",
    "s3://bucket/iris?signature=predictions_of_the_second_model",
    "https://docs.example.com/page#token=overview-of-tokens",
    "https://docs.example.com/page#api-key=where-to-get-one",
    "https://docs.example.com/page#password=of-your-account",
    "AccountName=acme;AccountKey=<key>",
    "SharedAccessKeyName=listener;EntityPath=iris",
    "s3://bucket@main/iris",
    "s3://acmemodels2024prod@main/iris",
    "s3://acme-models-of-the-garden@main/iris",
    "s3://bucket-of-2024/iris@2",
    "s3://acme-models-of-2024-garden@main/iris",
    "cd /srv;PWD=/home/somebody2",
    "https://example.com/?secret=database-login",
    "https://login.example.com/token?client_secret=<secret>",
    "https://login.example.com/token?client_secret=${SECRET}",
    "https://login.example.com/?secret=yes",
    "Server=db;Uid=exai;Pwd=${DB_PASSWORD};",
    "Server=db;Uid=exai;Pwd=your_password;",
    "Server=db;Uid=exai;Pwd={password}",
)


@pytest.mark.parametrize("text", SECRETS, ids=lambda text: text[:6])
def test_a_secret_is_found_wherever_it_stands_and_never_repeated(text: str) -> None:
    yaml = f"a:\n  b:\n  - x\n  - {text!r}\n"
    (document,), (problem,) = read(yaml, "x.yaml")
    assert document.value == {"a": {"b": ("x", "***")}}
    assert (problem.code, str(problem.at)) == ("secret-in-spec", "x.yaml:4:5")
    assert text not in repr(problem) and "hunter2" not in repr(problem)
    assert "secret" in problem.hint


@pytest.mark.parametrize("text", NO_SECRETS)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert list(known_secrets(text)) == []


def test_every_form_has_an_example() -> None:
    assert len(
        {f for f in FORMS if any(may_hold_secrets(s) and f[1] in s for s in SECRETS)}
    ) == len(FORMS)


def test_looking_takes_linear_time() -> None:
    for text in (
        "a." * 400_000 + "://",
        "://" * 300_000,
        "gh" * 500_000,
        "-----BEGIN " + "A" * 9**6,
        "http://" * 100_000,
        "?token=" * 100_000,
        "?Signature=" + "a" * 1_000_000,
        "https://" + "a" * 1_000_000,
    ):
        assert not may_hold_secrets(text)
