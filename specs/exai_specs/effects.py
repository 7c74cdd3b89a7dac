"""How far a change of a field reaches. Every field of every kind declares one."""

from __future__ import annotations

from enum import IntEnum


class Effect(IntEnum):
    """Ordered from harmless to severe: the impact of a change is the highest along the lineage."""

    METADATA = 0
    RENDER = 1
    MATERIALIZE = 2
    REDEPLOY = 3
    RETRAIN = 4
    BREAKING = 5
