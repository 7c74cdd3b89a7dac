"""What a DAG takes from outside of it, by the input that carries it.

In: what its tasks, its loop and its conditions read. Out: sources by channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exai_compiler.backends.kfp.channels import Carried, Here, carried, channel, whole
from exai_compiler.graph import Broken, Condition, FromItem, FromStep, Loop, sources


def by_channel(taken: Iterable[Carried]) -> Mapping[str, Carried]:
    """Sources by the input that carries each."""
    return {channel(source): source for source in taken}


def outside(taken: Iterable[Carried], here: Here) -> Mapping[str, Carried]:
    """What a DAG takes from outside of it; of an item's field, the whole item."""
    return by_channel(
        whole(s) for s in taken if not (isinstance(s, FromStep) and s.step in here.tasks)
    )


def of_loop(inside: Mapping[str, Carried], name: str, loop: Loop) -> Mapping[str, Carried]:
    """What a loop takes from outside: all that its inside does but the item, and the list."""
    own = channel(FromItem(name, loop.name))
    takes = {key: source for key, source in inside.items() if key != own}
    return {**takes, **by_channel(map(whole, carried(sources(loop.items))))}


def of_conditions(conditions: Iterable[Condition | Broken | None]) -> tuple[Carried, ...]:
    """What the triggers of tasks read."""
    read = (source for condition in conditions for source in sources(condition))
    return tuple(dict.fromkeys(carried(read)))
