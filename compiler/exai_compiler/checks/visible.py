"""Which steps a reference may name, from where it stands (LANGUAGE section 6.3).

In: a graph, the scope of a reference, a name. Out: a `Hidden` that says why it isn't seen, or None.
"""

from __future__ import annotations

from exai_compiler.graph import Choice, Graph, Group, Node, Path, Step
from exai_specs.values import frozen


@frozen
class Hidden:
    """`conditional`: it may not have run. `by` is what hides it, and where that is said."""

    conditional: bool
    message: str
    hint: str
    by: Path


def hidden(graph: Graph, within: tuple[str, ...], node: Node, to_wait: bool) -> Hidden | None:
    """Why a step, group or choice isn't seen from a scope; `to_wait`: it is named in `after`."""
    if graph.last is not None and within == (graph.last.name,):
        return Hidden(
            True,
            f"`{node.name}` is guarded by `finally`: it may have failed or not run",
            "`finally` sees parameters and the `status` alone; outputs are of a pipeline without "
            "it, which one with it may call",
            node.path,
        )
    if node.name in within:
        return Hidden(
            False,
            f"this is inside of `{node.name}` itself",
            "name a step of the same group",
            node.path,
        )
    for depth, name in enumerate(node.within):
        if within[depth : depth + 1] != (name,):
            return _inside(graph, node, name, to_wait)
    if isinstance(node, Step | Group) and node.condition is not None:
        return Hidden(
            True,
            f"`{node.name}` has an `if`: it may not have run",
            _CHOOSE,
            (*node.path, "if"),
        )
    if isinstance(node, Choice) and to_wait and not node.has_else:
        return Hidden(
            True,
            f"no way of `{node.name}` may be taken",
            "add a last way without `if`",
            node.path,
        )
    return None


_CHOOSE = "use a `choose` with a last way without `if`, and read its outputs"


def _inside(graph: Graph, node: Node, outer: str, to_wait: bool) -> Hidden:
    around = graph.nodes.get(outer)
    if isinstance(around, Choice):
        return Hidden(
            True,
            f"`{node.name}` is one way of `{outer}`: it may not have run",
            f"wait for `{outer}`"
            if to_wait
            else f"add it to the `outputs` of every way, and read steps.{outer}.NAME",
            around.path,
        )
    if isinstance(around, Group):
        if around.condition is not None:
            return Hidden(
                True,
                f"`{node.name}` is inside of `{outer}`, which has an `if`: it may not have run",
                _CHOOSE,
                (*around.path, "if"),
            )
        return Hidden(
            False,
            f"`{node.name}` is inside of `{outer}`",
            f"wait for `{outer}`"
            if to_wait
            else f"add it to the `outputs` of `{outer}`, and read steps.{outer}.NAME",
            around.path,
        )
    # Another way of the same choice.
    return Hidden(
        True,
        f"`{node.name}` is another way of the same choice",
        "read what every way has, or make it before the choice",
        node.path,
    )
