"""What nobody may print of a spec: values that are credentials by the name in front of them, or by
their form.

In: a value as it would be shown. Out: the same, with `***` where a credential stood. Never: a
reference to a Secret masked, which is a name and no credential.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from exai_specs.expressions import has_expression
from exai_specs.known_secrets import first_secret
from exai_specs.regexes import regex

MARK = "***"
NAMED = regex(
    r"(^|_)(PASSWORD|PASSWD|SECRET|SECRET_KEY|API_KEY|ACCESS_KEY|SECRET_ACCESS_KEY|PRIVATE_KEY"
    r"|TOKEN|CREDENTIAL|CREDENTIALS|PASSPHRASE|PGPASSWORD|MYSQL_PWD)$",
    re.IGNORECASE,
)
# A place where the credential is kept, a switch, or nothing: none of them is one.
HARMLESS = regex(r"|true|false|none|null|[0-9]+|.*[/\\].*|<.*>|\$.*|x+|\*+", re.IGNORECASE)
# Base64, as secret keys of AWS are: a slash in it makes no path of it.
_KEY = regex(r"(?!/)(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9+/]{24,}={0,2}")


def is_credential(name: str, value: str) -> bool:
    """Whether a variable of this name holds a credential, and not where one is kept."""
    if not NAMED.search(name):
        return False
    harmless = HARMLESS.fullmatch(value) and not _KEY.fullmatch(value)
    return not harmless and not has_expression(value)


def shown(value: Any, name: str = "") -> Any:
    """A plain value as it may be shown under this name; what is no credential stays itself."""
    if isinstance(value, str):
        secret = is_credential(name, value) or first_secret(value) is not None
        return MARK if secret else value
    if isinstance(value, Mapping):
        return {key: shown(item, name_of(key, value)) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(shown(item) for item in value)
    return value


def name_of(key: str, parent: Any) -> str:
    """What the value under a key of `parent` goes by: the variable, in `{name: N, value: V}`; in a
    reference, `{secret: NAME, key: KEY}`, nothing that hides it."""
    beside = parent if isinstance(parent, Mapping) else {}
    if key == "value" and isinstance(beside.get("name"), str):
        return str(beside["name"])
    return "" if key == "secret" and "key" in beside else key
