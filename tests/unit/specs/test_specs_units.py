"""Durations, quantities and percents: what is accepted, what is canonical, what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exai_specs.units import Percent, parse_duration, parse_percent, parse_quantity


@pytest.mark.parametrize(
    ("text", "ms", "canonical"),
    [
        ("0s", 0, "0s"),
        ("500ms", 500, "500ms"),
        ("90s", 90_000, "1m30s"),
        ("5m", 300_000, "5m"),
        ("1h30m", 5_400_000, "1h30m"),
        ("7d", 604_800_000, "1w"),
        ("30d", 2_592_000_000, "4w2d"),
        ("1w1d1h1m1s1ms", 694_861_001, "1w1d1h1m1s1ms"),
    ],
)
def test_durations(text: str, ms: int, canonical: str) -> None:
    duration = parse_duration(text)
    assert (duration.ms, str(duration)) == (ms, canonical)
    assert parse_duration(str(duration)) == duration


def test_exact_seconds() -> None:
    assert parse_duration("1m").seconds_exact() == 60
    assert parse_duration("1500ms").seconds_exact() is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "largest first"),
        ("1s2h", "largest first"),
        ("ms", "largest first"),
        ("30", "largest first"),
        ("1h ", "largest first"),
        ("1h\n", "largest first"),
        ("٣s", "largest first"),
        ("-1s", "largest first"),
        ("1" * 40 + "s", "largest first"),
        (30, "write 30s"),
        (True, "is text"),
        (None, "is text"),
    ],
)
def test_no_durations(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_duration(value)


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        # what `kubectl` prints for the same requests
        ("1000m", "1"),
        ("0.5", "500m"),
        (0.5, "500m"),
        (1, "1"),
        ("1.10", "1100m"),
        (1000, "1k"),
        ("4096", "4096"),
        ("1500M", "1500M"),
        ("2000M", "2G"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("0.3Ki", "307200m"),
        ("1.0005Ki", "1024512m"),
        ("1Pi", "1Pi"),
        ("0", "0"),
        ("0Gi", "0"),
    ],
)
def test_quantities(value: object, canonical: str) -> None:
    quantity = parse_quantity(value)
    assert str(quantity) == canonical
    assert parse_quantity(canonical).value == quantity.value


def test_a_quantity_is_exact() -> None:
    assert parse_quantity("2Gi").value == Decimal(2147483648)
    assert parse_quantity("0.1").value == Decimal("0.1")
    assert parse_quantity("1Gi") == parse_quantity("1024Mi")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("-1", "positive number"),
        (-1, "positive number"),
        ("1e3", "positive number"),
        ("2GB", "positive number"),
        ("1 Gi", "positive number"),
        ("", "positive number"),
        ("1" * 40, "positive number"),
        ("0.0001", "thousandth"),
        (1e-07, "thousandth"),
        ("9999999Pi", "larger than"),
        (True, "a number with or without"),
        ([], "a number with or without"),
    ],
)
def test_no_quantities(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_quantity(value)


def test_percents() -> None:
    assert str(parse_percent("80%")) == "80%"
    assert parse_percent("0.5%").fraction == Decimal("0.005")
    assert parse_percent("100.0%").percent == 100
    assert parse_percent("1%") == Percent("1%")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (80, "write 80%"),
        ("101%", "from 0 to 100"),
        ("80", "from 0 to 100"),
        ("-1%", "from 0 to 100"),
        ("80%\n", "from 0 to 100"),
        (True, "from 0 to 100"),
    ],
)
def test_no_percents(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_percent(value)
