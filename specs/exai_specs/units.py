"""Lexical units: durations, quantities and percents (LANGUAGE section 2).

In: text or a number as YAML has it. Out: exact frozen values whose `str()` is canonical, or a
ValueError whose message a user can act on. Never: floats inside, rounding.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import lru_cache

from exai_specs.regexes import regex
from exai_specs.values import frozen, ordered

DURATION_PATTERN = r"^(?=.)([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m(?!s))?([0-9]+s)?([0-9]+ms)?$"
QUANTITY_PATTERN = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$"
PERCENT_PATTERN = r"^(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)%$"

_DURATION = regex(DURATION_PATTERN.replace("$", r"\Z"))
_QUANTITY = regex(QUANTITY_PATTERN.replace("$", r"\Z"))
_PERCENT = regex(PERCENT_PATTERN.replace("$", r"\Z"))
_LONGEST = 32  # characters: more than any unit that means something

_MILLISECONDS = (
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
)
_DECIMAL_STEPS = ("m", "", "k", "M", "G", "T", "P")
_BINARY_STEPS = ("", "Ki", "Mi", "Gi", "Ti", "Pi")


@ordered
class Duration:
    """A length of time, exact to the millisecond. `str()` uses the largest units: `1m30s`, `0s`."""

    ms: int

    def __str__(self) -> str:
        rest, text = self.ms, ""
        for unit, size in _MILLISECONDS:
            count, rest = divmod(rest, size)
            text += f"{count}{unit}" if count else ""
        return text or "0s"

    def seconds_exact(self) -> int | None:
        """Whole seconds, or None when it isn't a whole number of them."""
        seconds, rest = divmod(self.ms, 1000)
        return None if rest else seconds


@frozen
class Quantity:
    """An amount of a resource, in cores, bytes or pieces. `str()` is what Kubernetes makes of it.

    Canonical form: k8s.io/apimachinery, pkg/api/resource/quantity.go (CanonicalizeBytes): the
    largest suffix without a fraction; binary suffixes only for whole numbers from 1024.
    """

    value: Decimal
    binary: bool = False

    def __str__(self) -> str:
        return _quantity(self.value, self.binary)


@lru_cache(maxsize=1024)
def _quantity(value: Decimal, binary: bool) -> str:
    if binary and value >= 1024 and value == value.to_integral_value():
        return _scaled(int(value), 1024, _BINARY_STEPS)
    return _scaled(int(value * 1000), 1000, _DECIMAL_STEPS)


@frozen
class Percent:
    """A share from 0 to 100 %, kept as written."""

    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def percent(self) -> Decimal:
        """From 0 to 100."""
        return Decimal(self.text[:-1])

    @property
    def fraction(self) -> Decimal:
        """From 0 to 1."""
        return self.percent / 100


_NO_UNIT = "a duration needs a unit"
_DECIMAL_DURATION = regex(r"[0-9]{0,9}\.[0-9]{1,9}(w|d|h|m|s|ms)$")


def parse_duration(value: object) -> Duration:
    """`1h30m`, `500ms`, `0s`; text only. Raises ValueError."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f"{_NO_UNIT}: write {value}s for seconds")
    if not isinstance(value, str):
        raise ValueError("a duration is text such as 30s or 1h30m")
    match = _DURATION.match(value) if len(value) <= _LONGEST else None
    if not match and _DECIMAL_DURATION.match(value):
        raise ValueError("a duration has whole numbers: write 100ms for 0.1s, 1h30m for 1.5h")
    if not match:
        raise ValueError(
            "a duration is numbers with units, largest first: w, d, h, m, s, ms, such as 1h30m"
        )
    sizes = zip(match.groups(), _MILLISECONDS, strict=True)
    return Duration(sum(int(text[: -len(unit)]) * size for text, (unit, size) in sizes if text))


def parse_latency(value: object) -> Duration:
    """A duration that is hardly ever seconds: a whole number without a unit is meant as
    milliseconds. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError(f"{_NO_UNIT}: write {value}ms for milliseconds, {value}s for seconds")
    return parse_duration(value)


def parse_quantity(value: object) -> Quantity:
    """`500m`, `2Gi`, 1, 0.5. Raises ValueError, also for what is finer than a thousandth."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("a quantity is a number with or without a unit, such as 500m, 2 or 4Gi")
    text = format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)
    match = _QUANTITY.match(text) if len(text) <= _LONGEST else None
    if not match:
        raise ValueError(
            "a quantity is a positive number with one of the units m, k, M, G, T, P, Ki, Mi,"
            " Gi, Ti, Pi or none, such as 500m, 2 or 4Gi"
        )
    suffix = match[2] or ""
    binary = suffix in _BINARY_STEPS[1:]
    with localcontext() as context:
        context.prec = 80
        number = Decimal(text[: len(text) - len(suffix)])
        if binary:
            amount = number * 1024 ** _BINARY_STEPS.index(suffix)
        else:
            amount = number * Decimal(1000) ** (_DECIMAL_STEPS.index(suffix) - 1)
        if amount * 1000 != (amount * 1000).to_integral_value():
            raise ValueError("a quantity can't be finer than a thousandth")
        if amount >= 2**63:
            raise ValueError("the quantity is larger than Kubernetes can hold")
        return Quantity(_shortest(amount), binary)


def parse_percent(value: object) -> Percent:
    """`80%`, `0.5%`; text only. Raises ValueError."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        share = f"{value * 100:g}% for the share {value}, or " if 0 < value < 1 else ""
        raise ValueError(f"a percent has a percent sign: write {share}{value}%")
    if not isinstance(value, str) or len(value) > _LONGEST or not _PERCENT.match(value):
        raise ValueError("a percent is a number from 0 to 100 with its sign, such as 80%")
    return Percent(value)


def _shortest(number: Decimal) -> Decimal:
    whole = number.to_integral_value()
    return whole.quantize(Decimal(1)) if number == whole else number.normalize()


def _scaled(number: int, base: int, steps: tuple[str, ...]) -> str:
    """The number with the largest suffix that leaves it whole; `steps[0]` is its present one."""
    if number == 0:
        return "0"
    step = 0
    while step + 1 < len(steps) and number % base == 0:
        number, step = number // base, step + 1
    return f"{number}{steps[step]}"
