"""Components of a user's own, read from `component.yaml` files as values."""

from exai_compiler.user_components.component import (
    component_file,
    inputs_named,
    pinned,
    read_component,
)

__all__ = ["component_file", "inputs_named", "pinned", "read_component"]
