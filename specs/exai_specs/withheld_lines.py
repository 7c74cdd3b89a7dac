"""What of a line of a file may be shown, where a diagnostic quotes it.

In: a line and its neighbours. Out: the line up to the first credential on it, or to what was meant
as one, and `***` in the place of the rest: a broken line may hold it anywhere after its name.
Never: a parse, as lines are quoted because they don't; the whole of a line that may go on with one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from exai_specs.known_secrets import MARK, first_secret
from exai_specs.regexes import regex
from exai_specs.withheld import NAMED, awaits_credential, first_argument, is_credential

# A key in front of its value, as YAML, JSON and Python write one.
# A bare one is looked at once, from its first letter: not again from each of its letters.
_BARE = r"(?<![\w.-])(?:(?![A-Za-z_])[\w.-])*+(?P<bare>[A-Za-z_][\w.-]*+)"
_PAIR = regex(rf"""(?:(?P<key>"[^"]*"|'[^']*')|{_BARE})\s*+(?::(?=\s|$|["'])|=(?=\s*["']))\s*""")
# Without the blank that YAML wants, or without a colon, as mistakes have it; not the name of a
# module or an image.
_UNSPACED = regex(
    r"""(?<![\w./-])(?:"(?P<double>[\w -]*)"|'(?P<single>[\w -]*)'|(?P<bare>[A-Za-z_][\w-]*+))"""
    r"(?:\s*+:(?=[^\s:])|\s*+=(?!=)[ \t]*+|[ \t]++(?=[^\s,\]}:=]*[0-9]))(?P<text>[^\s,\]}]*)"
)
_NAME = r"""(?:[\w.-]+|"[\w.-]+"|'[\w.-]+')"""
_MEMBER = rf"(?:secret:\s*{_NAME}|key:\s*{_NAME}|optional:\s*\w+)\s*"
_REFERENCE = regex(rf"\{{\s*{_MEMBER}(?:,\s*{_MEMBER})*\}}")
# Words, and what is blank between two of them: a blank is looked at once.
_PLAIN = r"""[^"'\s][^\s,\]}]*+(?:[^\S\n]++(?!#)[^\s,\]}]++)*+"""
_SCALAR = regex(rf""""([^"]*)"|'([^']*)'|({_PLAIN})(?=\s*(?:[,\]}}]|\s#|$))""")
# `user:password@host`, where a host's name is wanted.
_HOST = regex(r"""(?<![\w-])host["']?\s*+:\s*+["']?(?=[^\s,}"']*@)""")
_SECRET_NAME = regex(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_VARIABLE = regex(r"""\bname\s*:\s*["']?([A-Za-z_][\w.-]*)["']?\s*(?:,|$)""")
_HUMP = regex(r"(?<=[a-z0-9])(?=[A-Z])|[\s.-]+")
_LAST = ("password", "passwd", "secret", "token", "credential", "credentials")
_TWO = ("api_key", "access_key", "private_key", "secret_key", "apikey", "accesskey")
# Words that lead to no credential, however near they are.
_OTHERS = frozenset({"secrets", "tokens", "serviceaccounttoken", "serviceAccountToken"})
_FARTHEST = 40  # lines above that may have begun a value
# What has more signs was written by no hand: of an excerpt's hundred, none is worth a look at all.
_LONGEST = 20_000


def line_shown(lines: Sequence[str], index: int, python: bool = False) -> str:
    """A line as it may be shown; `python` for one of Python, whose `token: str` is no value."""
    line = lines[index]
    if len(line) > _LONGEST:
        return MARK
    if not python and (begin := _goes_on(lines, index)) is not None:
        return line[:begin] + MARK
    begun = (first_secret(line), None if python else first_argument(line))
    start = min((at for at in begun if at is not None), default=None)
    for found in _PAIR.finditer(line):
        end = found.end()
        if start is not None and start <= end:
            break
        if python and line[end : end + 1] not in ("'", '"'):
            continue
        if _holds_credential(line, found):
            start = end
            break
    if not python:
        host = _HOST.search(line[:start])
        start = host.end() if host else start
        joined = _unspaced(line[:start])
        start = start if joined is None else joined
    if start is None:
        return line
    return f"{line[:start]}{'' if line[start - 1 : start] not in (':', '=') else ' '}{MARK}"


def _unspaced(line: str) -> int | None:
    """Where the first credential begins that stands right behind its name's colon."""
    for found in _UNSPACED.finditer(line):
        key, text = found["double"] or found["single"] or found["bare"] or "", found["text"]
        if not _looks_named(key) or (key == "secret" and _SECRET_NAME.fullmatch(text)):
            continue
        if text[:1] in ("{", "[", "|", ">", '"', "'") or is_credential("TOKEN", text):
            return found.start("text")
    return None


def _goes_on(lines: Sequence[str], index: int) -> int | None:
    """Where a line begins that is part of a credential, by what stands above it."""
    line = lines[index]
    indent = _indent(line)
    nearest = True
    for above in reversed(lines[max(0, index - _FARTHEST) : index]):
        if not above.strip():
            continue
        begin = _indent(above[:_LONGEST])
        joined = nearest and begin == indent and len(above) <= _LONGEST and not _PAIR.search(line)
        if joined and _opens_credential(above):
            return indent  # which YAML refuses, for it isn't indented
        nearest = False
        if begin == indent and line.lstrip().startswith("-") and _is_option(above[begin:]):
            return indent
        if begin < indent and len(above) > _LONGEST:
            return indent  # for all that anybody knows
        if begin < indent and _opens_credential(above):
            return indent
        if begin == indent and len(above) > _LONGEST:
            return None
        if begin == indent and (value := re.match(r"\s*value\s*:\s*", line)):
            name = _VARIABLE.search(above)
            return value.end() if name and _looks_named(name[1]) else None
        if begin < indent and _PAIR.search(above):
            indent = begin
    return None


def _is_option(item: str) -> bool:
    return awaits_credential(item.strip().strip("\"'"))


def _indent(line: str) -> int:
    """The column of what stands on a line; an item's, behind its dashes."""
    found = re.match(r"\s*(?:- +)*", line)
    return found.end() if found else 0


def _opens_credential(line: str) -> bool:
    """Whether the last value on a line is a credential that goes on below."""
    pairs = list(_PAIR.finditer(line))
    if not pairs or not _looks_named(_key(pairs[-1])):
        return False
    rest = line[pairs[-1].end() :].strip()
    if not rest or rest[0] == "#":
        return _key(pairs[-1]) != "secret"
    open_quote = rest[0] in "\"'" and rest.count(rest[0]) % 2 == 1
    return rest[0] in "|>" or open_quote


def _holds_credential(line: str, found: re.Match[str]) -> bool:
    key, rest = _key(found), line[found.end() :]
    if key == "value" and (name := _VARIABLE.search(line[: found.start()])):
        key = name[1]
    if not rest or rest[0] in "|>#" or not _looks_named(key) or _REFERENCE.match(rest):
        return False
    if rest[0] in "{[":
        return key != "secret"
    scalar = _SCALAR.match(rest)
    if scalar is None:  # a quote that nothing ends
        return True
    text = next((group for group in scalar.groups() if group is not None), "")
    if key == "secret" and _SECRET_NAME.fullmatch(text):
        return False  # the name of a Secret
    return is_credential("TOKEN", text)


def key_shown(name: str) -> str:
    """A key as a message may name it: without a credential that was written into it."""
    start = _unspaced(name)
    return name if start is None else f"{name[:start]}{MARK}"


def _key(found: re.Match[str]) -> str:
    return (found["key"] or found["bare"]).strip("\"'")


def _looks_named(key: str) -> bool:
    """Whether a key is called like a credential, or was meant to be."""
    words = _HUMP.sub("_", key).lower()
    last, two = words.rpartition("_")[2], "_".join(words.split("_")[-2:])
    if key in _OTHERS or last in _OTHERS:
        return False
    if NAMED.search(words) or last in ("pass", "pwd", "pw"):
        return True
    from difflib import get_close_matches

    return bool(
        (len(last) >= 5 and get_close_matches(last, _LAST, 1, 0.8))
        or (len(two) >= 6 and get_close_matches(two, _TWO, 1, 0.85))
    )
