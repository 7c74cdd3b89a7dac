"""Where the rows of a Dataset come from (LANGUAGE section 5).

In: `source` of a Dataset. Out: a frozen value. Never: opening it, or quoting an address.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Named, Parsed, Problem, Text, refuse
from exai_specs.forms import OneOf
from exai_specs.names import NameRule
from exai_specs.notes import about, checked
from exai_specs.regexes import regex
from exai_specs.texts import Filled, is_http
from exai_specs.types import TypeProblem, called

SHA256 = NameRule(r"[0-9a-f]{64}", "64 hexadecimal digits, a to f in small letters", longest=64)


@block
class CsvSource:
    """A CSV file with a header."""

    path: Annotated[
        Filled,
        Effect.RETRAIN,
        about("The file, relative to the data root; or an s3:// or gs:// URI", "data/iris.csv"),
    ]


@block
class ParquetSource:
    """A Parquet file, or a folder of Parquet files that have the same columns."""

    path: Annotated[
        Filled,
        Effect.RETRAIN,
        about(
            "The file or folder, relative to the data root; or an s3:// or gs:// URI",
            "data/iris.parquet",
        ),
    ]


@block
class JsonSource:
    """A JSON file: one object a line, or one array of objects."""

    path: Annotated[
        Filled,
        Effect.RETRAIN,
        about("The file, relative to the data root; or an s3:// or gs:// URI", "data/iris.jsonl"),
    ]


def _address(value: Any) -> str:
    """An address of http or https. No message quotes it: it may hold what nobody may see."""
    if not isinstance(value, str):
        raise TypeProblem(f"must be an address, not {called(value)}", code="wrong-type")
    if "@" in value.partition("//")[2].partition("/")[0]:
        hint = "offer the file without a password, or below the data root; change that password"
        raise TypeProblem("a user or password must not be in a spec", (), hint, "secret-in-spec")
    if not is_http(value):
        hint = "for example https://example.com/iris.csv"
        raise TypeProblem("must be an http or https address", (), hint)
    return value


_ADDRESS_SCHEMA = (("type", "string"), ("pattern", "^https?://[^/@]+(/.*)?$"))


@block
class HttpSource:
    """A file behind an HTTP or HTTPS address; its checksum is its version."""

    url: Annotated[
        Annotated[str, Parsed(_address, _ADDRESS_SCHEMA)],
        Effect.RETRAIN,
        about("The address", "https://example.com/iris.csv"),
    ]
    sha256: Annotated[
        Annotated[Text, Named(SHA256, "9f86d081884c7d659a2feaa0c55ad015" * 2)],
        Effect.RETRAIN,
        about("SHA-256 of the file, in hexadecimal", "9f86d081884c7d659a2feaa0c55ad015" * 2),
    ]
    format: Annotated[
        Literal["csv", "parquet", "json"], Effect.RETRAIN, about("The file's format", "csv")
    ] = "csv"


@block
class SqlSource:
    """A table or a query of a database."""

    connection: Annotated[
        Text, Effect.RETRAIN, about("A connection of the environment", "warehouse")
    ]
    table: Annotated[Maybe[Filled], Effect.RETRAIN, about("The table", "demo_iris")] = None
    query: Annotated[
        Maybe[Filled], Effect.RETRAIN, about("The query", "SELECT * FROM demo_iris")
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield from shape_rules.one_of("table", "query")

    @checked
    def _one(self) -> SqlSource:
        if (self.table is None) == (self.query is None):
            hint = "remove one of them" if self.table is not None else "add table or query"
            raise refuse(Problem("exactly-one-of", "must have exactly one of table, query", hint))
        return self


# No credentials, nothing to be quoted.
_PATH = regex(r"(?!https?:)[\w./:-]{1,200}")
_WAREHOUSE = "that warehouse isn't read yet: export Parquet, or copy the table to PostgreSQL"

_BY_ENDING = {
    "csv": "csv",
    **dict.fromkeys(("parquet", "pq"), "parquet"),
    **dict.fromkeys(("json", "jsonl", "ndjson"), "json"),
}


def _instead(given: object) -> str:
    """The form for the path that was written alone, by its ending; "" for anything else."""
    if not isinstance(given, str) or not _PATH.fullmatch(given):
        return ""
    form = _BY_ENDING.get(given.rpartition(".")[2].lower())
    return f"write {{{form}: {{path: {given}}}}}" if form else ""


Source = Annotated[
    CsvSource | ParquetSource | JsonSource | SqlSource | HttpSource,
    OneOf(
        (
            ("csv", CsvSource),
            ("parquet", ParquetSource),
            ("json", JsonSource),
            ("sql", SqlSource),
            ("http", HttpSource),
        ),
        missing=(
            ("lance", "Lance isn't read yet: write the rows as Parquet"),
            *((name, _WAREHOUSE) for name in ("snowflake", "bigquery", "redshift", "spark")),
        ),
        instead=_instead,
    ),
]
