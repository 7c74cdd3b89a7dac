"""Whether a Redis still has what was brought there: asked for by every plan, in one question.

In: the feature repository's body, the environment's secrets. Out: the views whose mark is there, or
why nobody knows. Waits two seconds at most; never writes, never says an address with a password.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from exai_compiler.features.stores import REFERENCE

_PREFIX = "exai:online:"  # exai_components.feature_store.marks writes it
_PATIENCE = 2.0  # seconds


def marked_views(
    body: Mapping[str, Any], secrets: Mapping[str, str]
) -> frozenset[str] | str | None:
    """The views that the store has; words about what is wrong; None for a store without marks.

    `secrets` are the values behind `${EXAI_FEATURES_...}`.
    """
    spec = body["spec"]["store"]
    online = spec["online_store"]
    if online.get("type") != "redis":
        return None
    try:
        import redis
    except ImportError:
        return "the package redis isn't installed here"
    written = str(online.get("connection_string") or "")
    address = REFERENCE.sub(lambda found: secrets.get(found[0][2:-1], ""), written)
    client: Any = None
    try:
        client = redis.Redis(**_options(address))
        return frozenset(name.decode() for name in client.hkeys(_PREFIX + spec["project"]))
    except redis.exceptions.AuthenticationError:
        return "it refuses the password"
    except redis.exceptions.ResponseError as error:
        # Servers differ in how they say it.
        word = str(error).partition(" ")[0]
        refused = word in ("NOAUTH", "WRONGPASS", "NOPERM")
        return "it refuses the password" if refused else "it doesn't know what it is asked"
    except (redis.exceptions.RedisError, OSError):
        return "it doesn't answer"
    except (TypeError, ValueError):
        return "its connection_string isn't host:port with options"
    finally:
        if client is not None:
            client.close()


def _options(address: str) -> dict[str, Any]:
    """As Feast reads a connection string (infra/online_stores/redis.py, 0.67)."""
    parts = address.split(",")
    host, _, port = next(part for part in (*parts, "") if "=" not in part).partition(":")
    found: dict[str, Any] = {"socket_connect_timeout": _PATIENCE, "socket_timeout": _PATIENCE}
    for part in parts:
        key, equals, value = part.partition("=")
        if equals:
            try:
                found[key] = json.loads(value)
            except ValueError:
                found[key] = value
    return {**found, "host": host, "port": int(port or 6379)}
