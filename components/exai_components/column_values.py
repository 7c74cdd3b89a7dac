"""One value as its column type has it: what comes from text, JSON, a database or Python.

In: a column type, a value. Out: Python's value of that type. Never a guess: what would lose a digit
or a moment is refused.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "1": True, "false": False, "0": False}
    text = str(value).strip().lower()
    if text not in known:
        raise ValueError
    return known[text]


def _integer(value: Any) -> int:
    if isinstance(value, str | int):
        return int(value)
    if value != int(value):
        raise ValueError
    return int(value)


def _double(value: Any) -> float:
    number = float(value)
    if isinstance(value, int) and int(number) != value:
        raise ValueError
    return number


def _string(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if not isinstance(value, str | int | float | Decimal | UUID):
        raise TypeError
    return str(value)


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(memoryview(value))


def _timestamp(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip())
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        raise TypeError
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _date(value: Any) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value.strip())
    if isinstance(value, datetime):
        if value.time() != datetime.min.time():
            raise ValueError
        return value.date()
    if not isinstance(value, date):
        raise TypeError
    return value


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value).strip()) if isinstance(value, str | float) else Decimal(value)


def _uuid(value: Any) -> str:
    return str(UUID(bytes=value) if isinstance(value, bytes) else UUID(str(value)))


def _json(value: Any) -> str:
    if isinstance(value, str):
        json.loads(value)
        return value
    # What reads JSON holds doubles: a number with more digits than one has becomes the nearest.
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_float)


def _float(value: Any) -> float:
    if not isinstance(value, Decimal):
        raise TypeError
    return float(value)


def nested(kind: Any, value: Any) -> Any:
    """A value of a list, map or struct; as text it is JSON. What lies inside is cast as a column of
    its type would be: Arrow itself cuts 1.5 to 1, and takes a text for a list of letters.
    """
    return _inner(kind, json.loads(value) if isinstance(value, str) else value)


def _inner(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, str):
        return CONVERT[kind](value)
    (shape, inner), *_ = kind.items()
    if shape == "list" and isinstance(value, list | tuple):
        return [_inner(inner, item) for item in value]
    if shape == "map" and isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else value
        return [(_string(key), _inner(inner, item)) for key, item in pairs]
    if shape == "struct" and isinstance(value, dict):
        return {name: _inner(item, value.get(name)) for name, item in inner.items()}
    raise TypeError


CONVERT: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "bool": _bool,
        "int32": _integer,
        "int64": _integer,
        "float32": _double,
        "float64": _double,
        "string": _string,
        "bytes": _bytes,
        "timestamp": _timestamp,
        "date": _date,
        "decimal": _decimal,
        "json": _json,
        "uuid": _uuid,
    }
)
"""By column type: what makes one value of it. Each raises ValueError, TypeError, OverflowError or
InvalidOperation for a value that is none."""
