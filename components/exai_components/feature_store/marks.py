"""What says in a Redis that it still has what was brought there.

In: Feast's store, a view. Out: a field of one hash beside Feast's own keys, `exai:online:PROJECT`.
A Redis that was emptied, or came back without its data, has lost the mark as well: so a plan sees
that with one question, and what is brought there next is brought there whole. An SQLite file is its
own mark.
"""

from collections.abc import Iterable
from typing import Any

PREFIX = "exai:online:"  # exai_runtime.local.features.redis_marks reads it


def mark(store: Any, view: str) -> None:
    """The view is online."""
    if (client := _client(store)) is not None:
        client.hset(PREFIX + store.project, view, "online")


def is_marked(store: Any, view: str) -> bool:
    """Whether the store has what was brought there; True for a store that needs no mark."""
    client = _client(store)
    return client is None or bool(client.hexists(PREFIX + store.project, view))


def unmark(store: Any, views: Iterable[str]) -> None:
    """These views are online no more."""
    names = sorted(views)
    if names and (client := _client(store)) is not None:
        client.hdel(PREFIX + store.project, *names)


def _client(store: Any) -> Any:
    online = store.config.online_store
    if getattr(online, "type", "") != "redis":
        return None
    return store._get_provider().online_store._get_client(online)
