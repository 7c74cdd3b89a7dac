"""What `exai lock` comes to. Views print it."""

from __future__ import annotations

from collections.abc import Mapping

from exai_specs.diagnostics import Diagnostic, has_errors
from exai_specs.frozen import empty
from exai_specs.values import field, frozen


@frozen
class Move:
    """A pin that is written: what `reference` means from now on. `before` is the number of the
    version that it meant, None for one that wasn't pinned."""

    reference: str
    before: int | None
    version: int
    uri: str


@frozen
class ImageMove:
    """An image by tag whose digest is written. `before` is None where it wasn't pinned, `digest`
    where it isn't any more: nothing names it."""

    image: str
    before: str | None
    digest: str | None


@frozen
class Locked:
    """`moves` and `images` are the pins that are other ones now, sorted; `kept` those that stay as
    they are, of models or of images, as was asked for. The file is written unless the diagnostics
    hold an error, or nothing moves."""

    environment: str
    moves: tuple[Move, ...]
    kept: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=empty)
    images: tuple[ImageMove, ...] = ()

    @property
    def exit_code(self) -> int:
        return int(has_errors(self.diagnostics))
