"""Which environment variables tell a step of a connection: one for what is open, one for each
secret.

In: a connection's name and value. Out: names of variables, and what the open one says. The readers
are in `exai_components`, which knows the same names; a test holds the two against each other.
Never a secret's value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from exai_specs.kinds.connections import Connection
from exai_specs.kinds.workload import SecretRef
from exai_specs.values import fields

PREFIX = "EXAI_CONNECTION_"


def open_variable(name: str) -> str:
    """The variable whose value is JSON without secrets."""
    return PREFIX + _upper(name)


def secret_variables(name: str, connection: Connection) -> Mapping[str, tuple[str, SecretRef]]:
    """By field: the variable that holds it, and the secret that it is."""
    given = {item.name: getattr(connection, item.name) for item in fields(connection)}
    return {
        field: (f"{open_variable(name)}_{_upper(field)}", value)
        for field, value in given.items()
        if isinstance(value, SecretRef)
    }


def open_value(connection: Connection) -> str:
    """JSON without secrets: `{KIND: {FIELD: VALUE}}`."""
    hidden = secret_variables("", connection)
    given = {
        item.name: getattr(connection, item.name)
        for item in fields(connection)
        if item.name not in hidden
    }
    return json.dumps({type(connection).__name__.lower(): given}, sort_keys=True)


def _upper(name: str) -> str:
    return name.upper().replace("-", "_")
