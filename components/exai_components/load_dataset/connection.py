"""A connection's settings and secrets from the environment, as a SQLAlchemy URL or engine.

EXAI_CONNECTION_<NAME> is JSON without secrets, one key, the kind of database; each secret field is
in EXAI_CONNECTION_<NAME>_<FIELD>. Never puts a secret into a message, never reads what is another
connection's.
"""

import json
import os
from typing import Any

from exai_components.load_dataset.places import data_root, missing_file
from exai_components.load_dataset.sqlite_file import open_sqlite
from exai_components.outcome import StepFailure, did_you_mean
from exai_components.secrets_in_env import SECRET_FIELDS, connection_variable, secret

# A server that has gone without a word is noticed: half a minute of silence, then three questions.
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_CONNECT = 10  # seconds


def open_engine(name: str, seconds: float | None = None) -> Any:
    """A SQLAlchemy engine for the connection; it opens nothing before its first use.

    `seconds` bounds each statement on a server.
    """
    import sqlalchemy
    from sqlalchemy.pool import NullPool

    kind, fields = connection(name)
    if kind == "sqlite":
        path = (data_root() / str(fields.get("path", ""))).resolve()
        if not path.is_file():
            raise missing_file(path, f"{fields.get('path', '')} of the connection {name}")
        return sqlalchemy.create_engine("sqlite://", creator=lambda: open_sqlite(path))
    settings = ["timezone=UTC", "default_transaction_read_only=on"]
    if seconds is not None:
        settings.append(f"statement_timeout={int(seconds * 1000)}")
    options = {
        "connect_timeout": _CONNECT,
        "application_name": "exai",
        "options": " ".join(f"-c {setting}" for setting in settings),
        **_KEEPALIVE,
    }
    url = postgresql_url(fields)
    try:
        return sqlalchemy.create_engine(
            url,
            poolclass=NullPool,
            connect_args={key: value for key, value in options.items() if key not in url.query},
        )
    except ModuleNotFoundError as error:
        raise StepFailure(
            "missing-package",
            f"The connection {name} needs the package {error.name}, which isn't installed here",
            f"Install {error.name} into the environment that runs steps",
        ) from None


def address(name: str) -> str:
    """What a message may say of a connection: `127.0.0.1:5432`, or the path of a file."""
    _, fields = connection(name)
    if "path" in fields:
        return str(fields["path"])
    return f"{fields.get('host', 'localhost')}:{int(fields.get('port') or 5432)}"


def connection(name: str) -> tuple[str, dict[str, Any]]:
    """The kind of a connection and its fields, secret ones included."""
    variable = connection_variable(name)
    try:
        ((kind, fields),) = json.loads(os.environ[variable]).items()
        fields = dict(fields)
    except KeyError:
        raise StepFailure(
            "missing-connection",
            f'This environment has no connection "{name}"',
            f"Add it under connections of the environment; steps read it from {variable}",
        ) from None
    except (ValueError, AttributeError, TypeError):
        raise StepFailure(
            "broken-connection",
            f"{variable} is not JSON with one key, the kind of database",
            "Apply again: exai sets it from connections of the environment",
        ) from None
    if kind not in ("sqlite", "postgresql"):
        raise StepFailure(
            "unsupported-connection",
            f"load-dataset can't read {kind}, the kind of the connection {name}",
            did_you_mean(kind, ("sqlite", "postgresql")),
        )
    for field in SECRET_FIELDS if kind != "sqlite" else ():
        if (value := secret(f"{variable}_{field.upper()}")) is not None:
            fields[field] = value
    return kind, fields


def postgresql_url(fields: dict[str, Any]) -> Any:
    """The URL for psycopg 3; fields that aren't part of an address become its options."""
    from sqlalchemy.engine import URL

    rest = dict(fields)
    port = rest.pop("port", None)
    address = {
        "username": rest.pop("user", None) or rest.pop("username", None),
        "password": rest.pop("password", None),
        "host": rest.pop("host", None),
        "port": int(port) if port is not None else None,
        "database": rest.pop("database", None),
    }
    query = {key: str(value) for key, value in sorted(rest.items())}
    return URL.create("postgresql+psycopg", **address, query=query)
