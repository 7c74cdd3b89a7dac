"""A task of which only what its step writes is open: so tasks that are wired alike are rendered
once, and encoded once.

In: the task of a step each of whose written inputs is a `hole`. Out: a `Mould`. Never: a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, cast

from exai_compiler.backends.kfp.values import Document
from exai_compiler.graph import Composed, Constant, Source
from exai_specs.frozen import Encoded, Json, canonical, encoded

_MARK = "?"
_HOLE: Mapping[str, Json] = MappingProxyType(
    {"runtimeValue": MappingProxyType({"constant": _MARK})}
)


class Mould(NamedTuple):
    """`ports` are the open inputs, sorted, as `parameters` has them; `text` has `%s` for each."""

    task: Mapping[str, Json]
    inputs: Mapping[str, Json]
    parameters: Mapping[str, Json]
    ports: tuple[str, ...]
    text: str

    def filled(self, values: Mapping[str, Encoded]) -> Encoded:
        """The task with these as its open inputs."""
        text = self.text % tuple([values[port].text for port in self.ports])
        if not self.ports:
            return Encoded(self.task, text)
        own = {port: value.tree for port, value in values.items()}
        parameters = MappingProxyType({**self.parameters, **own})
        inputs = MappingProxyType({**self.inputs, "parameters": parameters})
        return Encoded(MappingProxyType({**self.task, "inputs": inputs}), text)


def hole(sources: tuple[Source, ...]) -> Constant | Composed:
    """An open input: a value, or one with references to these in it."""
    if not sources:
        return Document(_MARK)
    return Composed(_MARK, MappingProxyType({str(n): s for n, s in enumerate(sources)}))


def mould(task: Mapping[str, Json]) -> Mould:
    """Of a task with holes."""
    inputs = cast(Mapping[str, Json], task.get("inputs", {}))
    parameters = cast(Mapping[str, Json], inputs.get("parameters", {}))
    ports = tuple([port for port, value in parameters.items() if value == _HOLE])
    # No text of a task holds these very bytes: there a quote has a backslash before it.
    text = encoded(task).text.replace("%", "%%").replace(canonical(_HOLE).decode(), "%s")
    return Mould(task, inputs, parameters, ports, text)
