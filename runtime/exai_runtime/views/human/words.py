"""Values in words: durations, counts, field paths, JSON values cut to length."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from exai_compiler.maybe import Known, Maybe
from exai_specs.frozen import Json, thaw

_LONGEST_VALUE = 64
_BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


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
    text = json.dumps(thaw(value), ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."


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
