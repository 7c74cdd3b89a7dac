"""What nobody may print of a spec: values that are credentials by the name in front of them, or by
their form.

In: a value as it would be shown. Out: the same, with `***` where a credential stood. Never: a
reference to a Secret masked, which is a name and no credential.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from exai_specs.expressions import has_expression
from exai_specs.known_secrets import first_secret
from exai_specs.regexes import regex

MARK = "***"
AUTHORIZATION = "authorization"
NAMED = regex(
    r"(^|_)(PASSWORD|PASSWD|SECRET|SECRET_KEY|API_KEY|ACCESS_KEY|SECRET_ACCESS_KEY|PRIVATE_KEY"
    r"|TOKEN|CREDENTIAL|CREDENTIALS|PASSPHRASE|PGPASSWORD|MYSQL_PWD)$",
    re.IGNORECASE,
)
# A place where the credential is kept, a switch, or nothing: none of them is one.
HARMLESS = regex(r"|true|false|none|null|[0-9]+|.*[/\\].*|<.*>|\$.*|x+|\*+", re.IGNORECASE)
# Among the words of a command: an option, a variable that it sets, a header, each with its value.
# The values are only looked at: that of `-c` may be a command with more of them. No more than the
# beginning of each is, or `A=A=A=...` would be looked through again and again.
_ARGUMENT = regex(
    r"(?<![\w./$-])-{1,2}(?P<option>[A-Za-z][\w-]*+)(?:=|[\"']?[ \t]*+,[ \t]*+|[ \t]++)[\"']?"
    r"(?=(?P<v1>[^\s\"',;&|)\]{}\[-][^\s\"',;&|)\]}]{0,255}+))"
    r"|(?<![\w./$-])(?P<name>[A-Z][A-Z0-9_]*+)=[\"']?(?=(?P<v2>[^\s\"',;&|)\]}]{1,256}+))"
    r"|(?<!\w)(?P<header>(?i:authorization))[\"']?[ \t]*+:[ \t]*+[\"']?"
    r"(?i:bearer|basic|token)[ \t]++(?=(?P<v3>[^\s\"',\]}]{8,256}+))"
)
_OPTION = regex(r"-{1,2}([A-Za-z][\w-]*)")
_HUMP = regex(r"(?<=[a-z0-9])(?=[A-Z])|[-.]+")
# Base64, as secret keys of AWS are: a slash in it makes no path of it.
_KEY = regex(r"(?!/)(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9+/]{24,}={0,2}")


def is_credential(name: str, value: str) -> bool:
    """Whether a variable of this name holds a credential, and not where one is kept."""
    if not NAMED.search(name):
        return False
    harmless = HARMLESS.fullmatch(value) and not _KEY.fullmatch(value)
    return not harmless and not has_expression(value)


def words_apart(name: str) -> str:
    """`db-password` and `dbPassword` as `db_password`."""
    return _HUMP.sub("_", name).lower()


def arguments(text: str) -> Iterator[tuple[str, str, int]]:
    """What the commands in a text are given by name: the name, the value, and where that begins. Of
    an Authorization header it is what stands behind its scheme."""
    for found in _ARGUMENT.finditer(text):
        kind = "v1" if found["option"] else "v2" if found["name"] else "v3"
        name = found["option"] or found["name"] or found["header"]
        yield name, found[kind], found.start(kind)


def first_argument(text: str) -> int | None:
    """Where in a text the first value begins that a command is given as a credential."""
    for name, value, start in arguments(text):
        called = words_apart(name)
        if is_credential("token" if called == AUTHORIZATION else called, value):
            return start
    return None


def awaits_credential(word: str) -> bool:
    """Whether what follows this argument of a command is a credential."""
    option = _OPTION.fullmatch(word)
    return option is not None and NAMED.search(words_apart(option[1])) is not None


def shown(value: Any, name: str = "") -> Any:
    """A plain value as it may be shown under this name; what is no credential stays itself."""
    if isinstance(value, str):
        secret = (
            is_credential(name, value)
            or first_secret(value) is not None
            or first_argument(value) is not None
        )
        return MARK if secret else value
    if isinstance(value, Mapping):
        return {key: shown(item, name_of(key, value)) for key, item in value.items()}
    if isinstance(value, tuple):
        before = ("", *value)
        return tuple(shown(item, name_behind(before[n])) for n, item in enumerate(value))
    return value


def name_behind(word: Any) -> str:
    """What the word behind this one of a command goes by."""
    return "TOKEN" if isinstance(word, str) and awaits_credential(word) else ""


def name_of(key: str, parent: Any) -> str:
    """What the value under a key of `parent` goes by: the variable, in `{name: N, value: V}`; in a
    reference, `{secret: NAME, key: KEY}`, nothing that hides it."""
    beside = parent if isinstance(parent, Mapping) else {}
    if key == "value" and isinstance(beside.get("name"), str):
        return str(beside["name"])
    return "" if key == "secret" and "key" in beside else key
