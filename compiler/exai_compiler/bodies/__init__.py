"""What a step is made of, as a component: so that everything that looks at steps sees no
difference between exai's own, a function and a container."""

from exai_compiler.bodies.container import container_component, declared_outputs
from exai_compiler.bodies.given import given_port, typed_port
from exai_compiler.bodies.importer import importer_component, importer_values

__all__ = [
    "container_component",
    "declared_outputs",
    "given_port",
    "importer_component",
    "importer_values",
    "typed_port",
]
