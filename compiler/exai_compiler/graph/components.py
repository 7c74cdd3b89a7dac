"""Which component a step has: an interface, and what does its work.

In: a step's spec, the catalog, the pipelines that may be called. Out: a `Component`; None where
there is none, or none that can be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.bodies import container_component, declared_outputs, importer_component
from exai_compiler.catalog import Catalog, Component, Port
from exai_compiler.graph.called import called_component
from exai_compiler.graph.nodes import Graph, Path
from exai_specs.documents import Document
from exai_specs.kinds.step import Step

MAX_LEVELS = 16
"""How deep pipelines may call each other: far above what anybody can read."""

MAX_STEPS = 2000
"""Of a whole run: what a workflow engine keeps in one object is bounded. Nothing larger is called,
so whatever goes through the steps of a run comes to an end."""


class Components:
    """Of the steps of one document; `image` is that of its Python steps, if it has one."""

    def __init__(
        self, catalog: Catalog, document: Document, image: str | None, called: Mapping[str, Graph]
    ) -> None:
        self._catalog = catalog
        self._document = document
        self._image = image
        self._called = called

    def of(self, spec: Step, at: Path) -> Component | None:
        """The component of a step; what a container or a notebook takes isn't known yet."""
        if spec.uses is not None:
            found = self._catalog.components.get(spec.uses)
            if found is not None or not spec.component_file:  # as most are: exai's own
                return found
        match spec.body:
            case "pipeline":
                inner = self._called.get(spec.pipeline or "")
                if inner is None or inner.levels >= MAX_LEVELS or inner.size > MAX_STEPS:
                    return None
                return called_component(inner)
            case "python":
                from exai_compiler.python_code import python_component

                own = self._document.file_of((*at, "python"))
                return python_component(own, spec, self._catalog, self._image)
            case "notebook":
                return self.notebook(spec, at, MappingProxyType({}))
            case "uses":
                from exai_compiler.user_components import component_file, pinned, read_component

                path = component_file(self._document.file_of((*at, "uses")), spec.component_file)
                text = self._catalog.files.get(path)
                read = read_component(text, path) if text is not None else ()
                return pinned(read, self._catalog.pins) if isinstance(read, Component) else None
        if spec.import_ is not None:
            return importer_component(spec.import_, MappingProxyType({}))
        # Its outputs are declared; what it takes is known when all that it is given is.
        return container_component(spec, MappingProxyType({}))

    def notebook(self, spec: Step, at: Path, inputs: Mapping[str, Port]) -> Component | None:
        """The component of a notebook step that is given these."""
        from exai_compiler.python_code import notebook_component

        own = self._document.file_of((*at, "notebook"))
        outputs = declared_outputs(spec)
        return notebook_component(own, spec, self._catalog, self._image, inputs, outputs)
