"""Ports of containers: numbers, and their names (LANGUAGE 3.1).

In: a number, a name, or numbers by name. Out: the same, checked. Never: whether a container has the
port that is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from exai_specs.fields import KeyedBy, Parsed, Problem, Whole, refuse
from exai_specs.names import NameRule
from exai_specs.notes import AfterValidator, Field
from exai_specs.texts import again
from exai_specs.types import TypeProblem, called

PORT = NameRule(
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?",
    "lower-case letters, digits and `-`, and starts and ends with a letter or digit",
    longest=15,
    forbidden=r"--|^[0-9-]+$",
    forbidden_words="a port's name has a letter, and no two `-` in a row",
    lower=True,
    joiner="-",
    example="http1",
)
"""Names of ports: IANA service names (k8s.io/apimachinery, IsValidPortName)."""

PortNumber = Annotated[Whole, Field(ge=1, le=65535)]


def _different(ports: Mapping[str, int]) -> Mapping[str, int]:
    """The lists of Kubernetes' containers are keyed by the number."""
    names = tuple(ports)
    problems = [
        Problem("invalid-value", "another name has that number", "remove one of them", (names[at],))
        for at in again(ports.values())
    ]
    if problems:
        raise refuse(*problems)
    return ports


Ports = Annotated[Mapping[str, PortNumber], KeyedBy(PORT), AfterValidator(_different)]


def _port(value: Any) -> int | str:
    if isinstance(value, str) and PORT.wrong(value) is None:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535:
        return value
    if isinstance(value, str | int):
        raise TypeProblem("must be a number from 1 to 65535, or a port's name")
    raise TypeProblem(f"must be a number or a port's name, not {called(value)}", code="wrong-type")


_PORT_SCHEMA = (
    (
        "anyOf",
        [
            {"type": "integer", "minimum": 1, "maximum": 65535},
            {"type": "string", **PORT.schema},
        ],
    ),
)

AnyPort = Annotated[int | str, Parsed(_port, _PORT_SCHEMA)]
