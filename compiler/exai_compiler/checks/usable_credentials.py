"""Which values are credentials that somebody could use, by what they are called.

In: a name and its value, or a text of commands or settings. Out: what it is called there. Never: a
document; where a value stands, and what is said of it, is of `credential-in-literal` and
`credential-in-env`. What only is called so isn't told: the name of a file, of a variable or of a
Secret, a token of a language model, a word that says that something goes there. What may be shown
of a value is `exai_specs.withheld`'s, and stricter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from exai_specs.regexes import regex
from exai_specs.withheld import (
    AUTHORIZATION,
    LOGIN,
    NAMED,
    arguments,
    credential_name,
    is_credential,
    may_have_arguments,
    option_of,
    words_apart,
)

# Of a vocabulary or a prompt, or of a page of results.
_OTHER_TOKENS = regex(
    r"(^|_)(bos|eos|pad|unk|mask|cls|sep|stop|start|end|begin|first|last|next|prev|page|special"
    r"|image|audio|continuation|invalidation|max|min|num|per|unknown|padding|separator|split"
    r"|newline|placeholder|initializer|instance|trigger|prefix|suffix|positive|negative)_token$"
)
_SECRET_NAME = regex(r"[a-z][a-z0-9]*([.-][a-z0-9]+)+|[a-z]+")
_PLACEHOLDER = regex(
    r"change[-_ ]?(me|it)|(your|my|some|the|an?|example|sample|dummy|fake|test)([-_ ].*)?"
    r"|your.*|.*(example|placeholder|redacted|dummy|not?[-_](needed|used|required|key)).*"
    r"|empty|unused|ignored|todo|tbd|auto|default|secret|password|passwd|tokens?|key|api[-_]?key"
    r"|yes|no|on|off|string|str|bytes|.*\.\.\.|-+|[^\w]|[`<\[({%^!].*",
)
# What code, a template or a help text has there: a call, a field of an object, a variable.
_CODE = regex(
    r"[A-Za-z_][\w.]*[(\[].*|[A-Z]+(_[A-Z]+)+"
    r"|(self|this|args|arguments|opts|options|params|cfg|conf|config|settings|env|os|process|local"
    r"|var|data|module|ctx|context|request|secrets|values)(\.[A-Za-z_]\w*)+",
)
# Where another tool finds it, and a file's name.
_ELSEWHERE = regex(
    r"(env|file|vault|secret|secretref|ref|keyring|keychain|arn|ssm|op)(:(?!$).*)|@.*"
    r"|id_(rsa|dsa|ecdsa|ed25519)(_sk)?"
    r"|[\w.-]+\.(pem|key|txt|json|ya?ml|crt|cer|der|pub|p12|pfx|jks|env|cfg|ini|conf|toml)",
    re.IGNORECASE,
)
_SCHEME = regex(r"(?i)(?:bearer|basic|token)[ \t]+([^\s\"']+)")
_LOGINS = frozenset({"-u", "-U", "--user", "--proxy-user"})
_A_WORD = 32  # characters that a private key is longer than


# One of these is in every name that counts, however its words are joined, and before every login.
_LETTERS = (
    "token",
    "secret",
    "passw",
    "key",
    "credential",
    "authorization",
    "phrase",
    "pwd",
    "curl",
)


def may_hold_any(text: str) -> bool:
    """Whether a file's text may hold a credential by name. False is certain."""
    if not text.isascii():  # some letters are others' capitals
        return True
    folded = text.lower()
    return any(letters in folded for letters in _LETTERS)


def usable(name: str, value: object) -> bool:
    """Whether a value under a name is a credential that somebody could use."""
    if not isinstance(value, str):
        return False
    called = called_so(name)
    if called == AUTHORIZATION:
        given = _SCHEME.match(value)
        return given is not None and usable("token", given[1])
    if called is None or not is_credential(called, value):
        return False
    if _OTHER_TOKENS.search(called) or _PLACEHOLDER.fullmatch(value.lower()):
        return False
    if _ELSEWHERE.fullmatch(value) or _CODE.fullmatch(value) or NAMED.search(words_apart(value)):
        return False  # another's name
    if called.endswith("private_key") and len(value) < _A_WORD:
        return False  # a file's, or a Secret's
    return not (called.endswith("secret") and _SECRET_NAME.fullmatch(value))


def credential_in(name: str, value: object) -> str | None:
    """What the credential is called that a value of this name is, or a text that has one."""
    if not isinstance(value, str):
        return None
    return name if usable(name, value) else usable_in(value)


def usable_in(text: str, *, logs_in: bool = False) -> str | None:
    """What the first of a text's credentials is called that somebody could use. `logs_in` says that
    `-u` is curl's here, as it is behind that word."""
    if not (may_have_arguments(text) or (logs_in and ":" in text)):
        return None
    logs_in = logs_in or "curl" in text
    for name, value, _ in arguments(text):
        if (name != LOGIN or logs_in) and usable(credential_name(name), value):
            return name
    return None


def usable_among(words: Sequence[object]) -> Iterator[tuple[int, str]]:
    """The credentials of a command, each with what it is called and in which word it stands: behind
    an option, or in a text."""
    logs_in = False
    for index, word in enumerate(words):
        if not isinstance(word, str):
            continue
        logs_in = logs_in or "curl" in word
        option = option_of(word) if word[:1] == "-" else None
        if option is not None:
            value = words[index + 1] if index + 1 < len(words) else None
            if not isinstance(value, str) or value[:1] == "-":
                continue
            if usable(option, value):
                yield index + 1, option
            elif logs_in and word in _LOGINS and usable("password", value.partition(":")[2]):
                yield index + 1, LOGIN
        elif (name := usable_in(word, logs_in=logs_in)) is not None:
            yield index, name


@lru_cache(maxsize=4096)
def called_so(name: str) -> str | None:
    """A credential's name, its words told apart; None for any other."""
    called = words_apart(name)
    return called if called == AUTHORIZATION or NAMED.search(called) else None
