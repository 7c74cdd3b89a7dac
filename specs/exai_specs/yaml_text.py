"""Bytes of a file as text that YAML may read, bounded in size and depth before any parser recurses.

In: text or bytes. Out: the text, or the one diagnostic that says why not. Never: guessing an
encoding.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from functools import lru_cache

from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.regexes import regex

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
_SHALLOW = 4096  # characters: libyaml's composer stands 20,000 levels on a stack of 8 MiB

# These can't stand in YAML unescaped (yaml.org/spec/1.2.2, section 5.1), or break lines in
# YAML 1.1 and libyaml only (U+0085, U+2028, U+2029): a place would be another one in an editor.
_UNPRINTABLE = regex(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
)
_PLAIN = bytes((*b"\t\n\r", *range(32, 127)))
_MARK = "\ufeff"
# UTF-32's mark begins like UTF-16's.
_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe\x00\x00": "utf-32-le",
    b"\x00\x00\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
_BREAK = regex("\r\n|[\n\r]")
_DEEP_BLOCK = regex(r"^ {150}|(?:[-?:][ \t]+){32}", re.MULTILINE)
_DOCUMENT = regex(r"^---", re.MULTILINE)
_LINE_END = regex(r"\r|(?<!\r)\n")
_AFTER_MARK = ("", " ", "\t", "\n", "\r")
_LARGE = 1 << 14  # characters: a smaller text is counted through as fast


def decode(text: str | bytes, path: str) -> str | Diagnostic:
    """The file's text, or `file-too-large`, `not-utf8`, `byte-order-mark`, `not-text`."""
    if len(text) > MAX_BYTES:
        return Diagnostic(
            "file-too-large",
            f"the file has more than {MAX_BYTES >> 20} MiB",
            Span(path),
            hint="split it: any number of files may hold specs",
        )
    if isinstance(text, bytes) and not text.translate(None, _PLAIN):
        return text.decode("ascii")  # as most are: a tenth of the time of what follows
    if isinstance(text, str) and text.isascii() and not text.encode().translate(None, _PLAIN):
        return text
    decoded = _utf8(text, path) if isinstance(text, bytes) else text
    if isinstance(decoded, Diagnostic):
        return decoded
    if decoded.startswith(_MARK):
        return Diagnostic(
            "byte-order-mark",
            "the file starts with a byte order mark",
            Span(path),
            hint="save it as UTF-8 without one",
        )
    found = _UNPRINTABLE.search(decoded)
    if found:
        return Diagnostic(
            "not-text",
            f"the character U+{ord(found[0]):04X} can't stand in a YAML file",
            Span(path, *position(decoded, found.start())),
            hint="remove it; a spec is plain text",
        )
    return decoded


def unmarked(text: str | bytes) -> str | None:
    """The text behind a byte order mark, which says how it is to be read; None without one, of what
    isn't text all the same, and of what is too large."""
    if len(text) > MAX_BYTES:
        return None
    if isinstance(text, str):
        found = text if text.startswith(_MARK) else ""
    else:
        encoding = next((name for mark, name in _MARKS.items() if text.startswith(mark)), "")
        try:
            found = text.decode(encoding) if encoding else ""
        except UnicodeDecodeError:
            return None
    found = found.removeprefix(_MARK)
    return found if found and not found.startswith(_MARK) else None


def may_be_deep(text: str) -> bool:
    """Whether nesting could pass what a recursive parser stands. False is certain."""
    if len(text) <= _SHALLOW:
        return False
    if _DEEP_BLOCK.search(text):
        return True
    if text.count("[") + text.count("{") <= 1000:
        return False
    return any(part.count("[") + part.count("{") > 1000 for part in _DOCUMENT.split(text))


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of the character at `index`; lines break as in editors."""
    if len(text) > _LARGE:
        ends = _breaks(text)
        line = bisect_left(ends, index)
        start = ends[line - 1] if line else -1
        return line + 1, index - start - text.startswith("\r\n", start, index)
    start = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index))
    lines = text.count("\n", 0, index)
    if "\r" in text:
        lines += text.count("\r", 0, index) - text.count("\r\n", 0, index)
    return lines + 1, index - start


@lru_cache(maxsize=4)
def _breaks(text: str) -> array[int]:
    """Where the lines of a large text end: it may have thousands of problems, each with its
    places."""
    return array("I", [found.start() for found in _LINE_END.finditer(text)])


def end_of_document(text: str, start: int) -> int:
    """Where the document ends that `start` is in: at the next `---` that begins a line, or with the
    text. To YAML it ends one wherever it stands."""
    at = text.find("---", start)
    while at >= 0 and (text[at - 1] not in "\n\r" or text[at + 3 : at + 4] not in _AFTER_MARK):
        at = text.find("---", at + 1)
    return at if at >= 0 else len(text)


def line_at(text: str, line: int) -> str:
    """The text of a line, counted from 1; nothing when there is none."""
    lines = _BREAK.split(text, maxsplit=line)
    return lines[line - 1] if line <= len(lines) else ""


def lines_of(text: str) -> list[str]:
    """The lines of a text, as places count them."""
    return _BREAK.split(text)


def _utf8(data: bytes, path: str) -> str | Diagnostic:
    if data[:4] in _MARKS or data[:2] in _MARKS:  # UTF-8's has three
        return _not_utf8(path, 1, 1)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        return _not_utf8(path, *position(before, len(before)))


def _not_utf8(path: str, line: int, column: int) -> Diagnostic:
    return Diagnostic(
        "not-utf8",
        "the file isn't UTF-8 text",
        Span(path, line, column),
        hint="save it as UTF-8",
    )
