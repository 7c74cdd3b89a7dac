"""The state of an object, in the colour of how bad it is."""

from __future__ import annotations

from exai_runtime.target import Health
from exai_runtime.views.human.paint import Paint


def state_text(health: Health, paint: Paint) -> str:
    """The state in the colour of how bad it is."""
    match health.state:
        case "ready":
            return paint.green(health.state)
        case "failed" | "missing":
            return paint.red(health.state)
        case "running" | "starting" | "stopped" | "outdated":
            return paint.yellow(health.state)
