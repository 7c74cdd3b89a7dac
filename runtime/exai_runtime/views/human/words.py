"""Values in words: durations, counts, field paths, JSON values cut to length."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from exai_compiler.maybe import Known, Maybe
from exai_specs.frozen import Json, thaw
from exai_specs.regexes import regex

_LONGEST_VALUE = 64
_AROUND = 16  # characters beside what differs
_BARE_KEY = regex(r"[A-Za-z_][A-Za-z0-9_-]*")


def duration(seconds: float) -> str:
    """`3 ms`, `4.2 s`, `2 min 5 s`, `1 h 10 min`, `3 d`."""
    if seconds < 0.1:
        return f"{max(0, round(seconds * 1000))} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(
        part for part in (", ".join(words[:-1]), words[-1] if words else "") if part
    )


def field_path(path: Iterable[str | int]) -> str:
    """`spec.containers[0].env`, or `metadata.annotations["exai.dev/model"]` for other keys."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _BARE_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text


def value_text(value: Json) -> str:
    """A JSON value on one line, cut where it gets long."""
    if value is None:
        return "(none)"
    return _cut(value, 0)


def value_texts(old: Json, new: Json) -> tuple[str, str]:
    """Two values that differ, each on one line, cut so that what differs stays in sight."""
    if old is None or new is None:
        return value_text(old), value_text(new)
    texts = isinstance(old, str) and isinstance(new, str)
    both = (str(old), str(new)) if texts else (_json(old), _json(new))
    pairs = enumerate(zip(*both, strict=False))
    at = next((index for index, (a, b) in pairs if a != b), min(map(len, both)))
    return _cut(old, at), _cut(new, at)


def _cut(value: Json, at: int) -> str:
    """A value as JSON; a long one has `...` for what is left out, and the character `at` is left
    in. A string is cut between its quotes, anything else as its text."""
    whole = _json(value)
    if len(whole) <= _LONGEST_VALUE:
        return whole
    if isinstance(value, str):
        return _json(_window(value, at, _LONGEST_VALUE - 2))
    return _window(whole, at, _LONGEST_VALUE)


def _window(text: str, at: int, longest: int) -> str:
    """So many characters of a text around a place: from its beginning, where that reaches."""
    if len(text) <= longest:
        return text
    room = longest - 3
    if at < room - _AROUND:
        return text[:room] + "..."
    start = at - _AROUND
    if len(text) - start <= room:
        return "..." + text[start:]  # from the same place on both sides
    return "..." + text[start : start + room - 3] + "..."


def _json(value: Json) -> str:
    return json.dumps(thaw(value), ensure_ascii=False)


def maybe_text(value: Maybe[Json]) -> str:
    """The value, or what it waits for."""
    if isinstance(value, Known):
        return value_text(value.value)
    return f"waits for {value.waits_for}: {value.reason}"


def text_change(old: str, new: str) -> str:
    """How two texts of several lines differ: `2 lines added, 1 line removed`."""
    from difflib import unified_diff

    lines = list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0))[2:]
    added = sum(line.startswith("+") for line in lines)
    removed = sum(line.startswith("-") for line in lines)
    parts = [
        f"{count(number, 'line')} {word}"
        for number, word in ((added, "added"), (removed, "removed"))
        if number
    ]
    return ", ".join(parts) or "only its line ends changed"


def number_text(value: float | None) -> str:
    """A metric as people write it: four digits that count, no exponent where it can be helped."""
    return "-" if value is None else f"{value:.4g}"
