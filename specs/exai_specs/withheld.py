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
from exai_specs.known_secrets import MARK, first_secret
from exai_specs.regexes import regex

AUTHORIZATION = "authorization"
LOGIN = "-u"
NAMED = regex(
    r"(^|_)(PASSWORD|PASSWD|SECRET|SECRET_KEY|API_KEY|ACCESS_KEY|SECRET_ACCESS_KEY|PRIVATE_KEY"
    r"|TOKEN|CREDENTIAL|CREDENTIALS|PASSPHRASE|PGPASSWORD|MYSQL_PWD)$",
    re.IGNORECASE,
)
# A place where the credential is kept, a switch, or nothing: none of them is one. A password may
# look like a file's name or another tool's reference, so these are none of them; with a slash it is
# a path where it begins like one, ends like a file, or is made of words.
_SLASH = r"[/\\]"
_SEGMENT = r"([a-z]+[0-9]{0,2}([-_.][a-z0-9]+)*|[0-9]+|\.\.?)?"
HARMLESS = regex(
    r"|true|false|none|null|[0-9]+|<.*>|\$.*|x+|\*+"
    rf"|(\.\.?|~\w*|[a-z][\w+.-]*:)?{_SLASH}.*|(?=.*\s).*{_SLASH}.*"
    rf"|.*{_SLASH}[\w.-]*\.[a-z]{{2,5}}|{_SEGMENT}({_SLASH}{_SEGMENT})+([#:][\w.-]+)?",
    re.IGNORECASE,
)
# In a text of commands or settings, each with its value: an option, what is set (`NAME=x`, a
# connection string's, `--set db.name=x`), a member of JSON, a header, who logs in with `curl -u`.
# The values are only looked at: that of `-c` may be a command with more of them. No more than the
# beginning of each is, or `A=A=A=...` would be looked through again and again.
_QUOTE = r"(?:\\?[\"'])"
_WORD = r"[^\s\"',;&|)\]}\\]"
_ARGUMENT = regex(
    rf"(?<![\w./$-])-(?:[uU]|-(?:proxy-)?user)(?:=|{_QUOTE}?[ \t]*+,[ \t]*+|[ \t]++){_QUOTE}?"
    rf"(?P<user>[^\s\"':=,;&|]{{0,256}}+):(?=(?P<v0>{_WORD}{{1,256}}+))"
    rf"|(?<![\w./$-])-(?:-|D(?=[a-z])|)(?P<option>[A-Za-z][\w.-]*+)"
    rf"(?:=|{_QUOTE}?[ \t]*+,[ \t]*+|[ \t]++){_QUOTE}?(?=(?P<v1>(?![:{{\[-]){_WORD}{{1,256}}+))"
    rf"|(?<![\w.$-])(?P<name>[A-Za-z_][\w.-]*+)(?:=|[ \t]++=[ \t]*+(?=[\"'])){_QUOTE}?"
    rf"(?=(?P<v2>(?!=){_WORD}{{1,256}}+))"
    rf"|{_QUOTE}(?P<member>[A-Za-z_][\w.-]*+){_QUOTE}[ \t]*+:[ \t]*+{_QUOTE}"
    rf"(?!(?i:bearer|basic|token)[ \t])(?=(?P<v3>[^\"'\n\\]{{1,256}}+))"
    rf"|(?<![\w.$-])(?P<header>(?i:authorization)|[A-Za-z]\w*+(?:-\w++)++){_QUOTE}?[ \t]*+:[ \t]*+"
    rf"{_QUOTE}?(?P<scheme>(?i:bearer|basic|token)[ \t]++)?(?=(?P<v4>{_WORD}{{1,256}}+))"
)
_ANY_NAME = regex(r"(?i)passw|passphrase|secret|token|credential|key|authorization|_pwd|curl")
_OPTION = regex(r"-(?:-|D(?=[a-z])|)([A-Za-z][\w.-]*)")
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


def may_have_arguments(text: str) -> bool:
    """Whether a text may name a credential. False is certain."""
    return ("=" in text or ":" in text or "-" in text) and _ANY_NAME.search(text) is not None


def arguments(text: str) -> Iterator[tuple[str, str, int]]:
    """What the commands in a text are given by name: the name, the value, and where that begins. Of
    an Authorization header it is what stands behind its scheme, of `-u NAME:` what follows."""
    for found in _ARGUMENT.finditer(text):
        kind = found.lastgroup
        assert kind is not None  # noqa: S101 - each alternative ends with one
        name = found["option"] or found["name"] or found["member"] or found["header"] or LOGIN
        if found["header"] and words_apart(name) == AUTHORIZATION and not found["scheme"]:
            continue
        yield name, found[kind], found.start(kind)


def credential_name(name: str) -> str:
    """What a value that goes by this name is, its words told apart."""
    called = words_apart(name)
    return "password" if name == LOGIN else "token" if called == AUTHORIZATION else called


def first_argument(text: str) -> int | None:
    """Where in a text the first value begins that a command is given as a credential."""
    for name, value, start in arguments(text):
        if is_credential(credential_name(name), value):
            return start
    return None


def option_of(word: str) -> str | None:
    """What the word behind this one of a command is given as; None behind any that is no option."""
    option = _OPTION.fullmatch(word)
    return None if option is None else option[1]


def awaits_credential(word: str) -> bool:
    """Whether what follows this argument of a command is a credential."""
    option = option_of(word)
    return option is not None and NAMED.search(words_apart(option)) is not None


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
