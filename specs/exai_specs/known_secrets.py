"""Secrets that tell themselves by their form: keys of clouds, tokens, private keys, passwords in
addresses.

In: the text of a file, or the values of a document. Out: what kinds of secrets stand in it, and
where; or the values without them. Never: the secret. The forms are those that their makers document
as unmistakable; a text that merely looks random is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_specs.frozen import Json
from exai_specs.regexes import regex
from exai_specs.types import Path

MARK = "***"
"""What stands for a secret."""

# A value of an address's query, or of a connection string. Not `<...>`, `${...}` or `***`, as
# below; nor, with `%`, those as an address writes them, or a template of another tool.
_NOT = r"(?![<{$*]|%(?![0-9A-Fa-f]{2})|%(?i:24|2A|3C|7B))"
_LETTER = r"[^\s?&;#\"'<>]"
_GIVEN = _NOT + _LETTER + "{6,256}"
# Of its own accord a word may stand there: `signature=predictions_v2`.
_SIGNED = rf"{_NOT}(?={_LETTER}{{0,255}}[0-9]){_LETTER}{{16,256}}"

# What to call it; a text that every one of them holds, by which most files are passed over (one
# that ends with `=`, in any case); its whole form.
FORMS: tuple[tuple[str, str, str], ...] = (
    ("an access key of AWS", "AKIA", r"\bAKIA[0-9A-Z]{16}\b"),
    ("an access key of AWS", "ASIA", r"\bASIA[0-9A-Z]{16}\b"),
    # One by one: what all of them begin with is in `high`, too.
    *(("a token of GitHub", f"gh{kind}_", rf"\bgh{kind}_[A-Za-z0-9]{{36,}}\b") for kind in "pousr"),
    ("a token of GitHub", "github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{50,}\b"),
    ("a token of GitLab", "glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("a token of Slack", "xox", r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    ("a key of Google", "AIza", r"\bAIza[A-Za-z0-9_-]{35}\b"),
    ("a token of Hugging Face", "hf_", r"\bhf_[A-Za-z]{34}\b"),
    ("a key of Stripe", "k_live_", r"\b[rs]k_live_[A-Za-z0-9]{20,}\b"),
    ("a token of npm", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a token of PyPI", "pypi-AgE", r"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
    ("a private key", "PRIVATE KEY", r"-----BEGIN ([A-Z]+ )*PRIVATE KEY-----"),
    (
        "a key",
        "://",
        # An object store's address has no user; no words there are examples, and keys hold slashes.
        r"\b(?:s3[an]?|gs|gcs|oss)://(?!arn:)(?=[^\s/:@<{$*]*:(?![<{$*])[^\s@]+@[^\s@])",
    ),
    (
        "a token",
        "://",
        # Alone there as well, and like none of a bucket: with a digit, and long without a hyphen,
        # or with what no bucket's name has, as a capital.
        r"\b(?:s3[an]?|gs|gcs|oss)://(?=[A-Za-z~%+]{0,200}[0-9])(?:(?=[A-Za-z0-9~%+]{20})"
        r"|(?=[A-Za-z0-9~%+]{16})(?=[a-z0-9]{0,200}[A-Z~%+]))"
        r"[\w.~%+-]{1,256}@[^\s@]",
    ),
    (
        "a password",
        "://",
        # Not `<...>`, `${...}` or `***`: they say that something goes there. A host may be left
        # out, as where PostgreSQL's is this machine.
        r"\b[a-z][a-z0-9+.-]{0,20}://[^\s:/@?#\[\]]*:(?![<{$*])[^\s/@?#]+@[^\s@]",
    ),
    (
        "a token",
        "://",
        # Where a user's name would stand, and like none: a known beginning, or long with a digit.
        r"\bhttps?://(?:(?=(?:gh[pousr]_|github_pat_|glpat-|hf_|npm_|pypi-|xox[abprs]-)\w)"
        r"|(?=[\w.~%-]{20})(?=[A-Za-z_.~%-]{0,200}[0-9]))[\w.~%-]{1,256}@[^\s@]",
    ),
    # These in any case, as those who read them have it. What follows `#` is a heading of a page.
    ("a signed address", "signature=", rf"(?i)[?&;](?:X-(?:Amz|Goog)-)?signature={_SIGNED}"),
    ("a signed address", "sig=", rf"(?i)[?&;]sig={_GIVEN}"),
    (
        "a token",
        "token=",
        r"(?i)(?:#(?:access|id|refresh)[_-]?|[?&;]"
        r"(?:(?:access|auth|id|refresh|private|api|sas|bearer|session|X-Amz-Security)[_-]?)?)token"
        rf"={_GIVEN}",
    ),
    (
        "a key",
        "key=",
        r"(?i)[?&;](?:api|access|account|secret|shared[_-]?access|subscription)[_-]?key"
        rf"={_GIVEN}",
    ),
    (
        "a client's secret",
        "secret=",
        # With the word before it: `secret=` alone may name one.
        rf"(?i)[?&;](?:client|app|consumer|oauth)[_-]?secret={_GIVEN}",
    ),
    ("a password", "password=", rf"(?i)[?&;]password={_GIVEN}"),
    # Of ODBC; `passwd` is what PostgreSQL's and MySQL's older drivers call it.
    ("a password", "pwd=", rf"(?i)[?&;]pwd=(?!/){_GIVEN}"),  # a shell's is a folder
    ("a password", "passwd=", rf"(?i)[?&;]passwd={_GIVEN}"),
)
# What several marks have in common, and most texts lack: looked for once. An address that holds a
# secret has an `@`, too.
_SHARED = {"I": "I", "gh": "gh", "://": "@"}
_FORMS = tuple(
    (words, mark, next((_SHARED[part] for part in _SHARED if part in mark), ""), regex(form))
    for words, mark, form in FORMS
)
# One of these is in every text that has a mark, with what is shared; most texts have none.
_MARKS = tuple(
    (
        shared,
        tuple(
            dict.fromkeys("=" if m[-1] == "=" else m for _, m, part, _ in _FORMS if part == shared)
        ),
    )
    for shared in ("", *_SHARED.values())
)
# Words that documentation writes where a password would stand.
_PLACEHOLDERS = regex(
    r":(password|passwd|pass|pwd|secret|token|x+|\.\.\.)@|EXAMPLE\b"
    r"|=(password|secret|signature)$"
    # Random letters hold `xXx` now and then.
    r"|=.*(your|redacted|placeholder|changeme|(?-i:x{4}|X{4})|\bx{3}\b|\.\.\.).*$"
    r"|=(?-i:[A-Z_]+)$",
    re.IGNORECASE,
)


def may_hold_secrets(text: str) -> bool:
    """Whether it is worth looking at each value. False is certain."""
    for shared, marks in _MARKS:  # no generator: every file passes here
        if shared in text:
            for mark in marks:
                if mark in text:
                    return any(form.search(text) for _, form in _possible(text))
    return False


def known_secrets(value: Json, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The path of each text in a value that holds a secret, and what it holds."""
    if isinstance(value, str):
        if (found := _kind(value)) is not None:
            yield path, found
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from known_secrets(item, (*path, index))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from known_secrets(item, (*path, key))


def without_secrets(value: Json) -> Json:
    """The same with `***` for each text that holds one."""
    if isinstance(value, str):
        return value if _kind(value) is None else MARK
    if isinstance(value, tuple):
        return tuple(without_secrets(item) for item in value)
    if isinstance(value, Mapping):
        return MappingProxyType({key: without_secrets(item) for key, item in value.items()})
    return value


def _kind(text: str) -> str | None:
    for words, form in _possible(text):
        for found in form.finditer(text):
            if not _PLACEHOLDERS.search(found[0]):
                return words
    return None


def _possible(text: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The forms that a text may have, by their marks."""
    folded = text.lower() if "=" in text else ""
    absent = [part for part in _SHARED.values() if part not in text]
    for words, mark, part, form in _FORMS:
        if part not in absent and mark in (folded if mark[-1] == "=" else text):
            yield words, form


def first_secret(text: str) -> int | None:
    """Where the first secret of a text begins; None where it holds none."""
    places = (
        found.start()
        for _, form in _possible(text)
        for found in form.finditer(text)
        if not _PLACEHOLDERS.search(found[0])
    )
    return min(places, default=None)
