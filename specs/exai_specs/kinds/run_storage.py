"""What a run has of its own: a workspace that its steps share (LANGUAGE section 6.1).

In: the blocks' plain values. Out: frozen values.
"""

from __future__ import annotations

from typing import Annotated

from pydantic.dataclasses import dataclass

from exai_specs.effects import Effect
from exai_specs.fields import CONFIG, Maybe, Quantity, Text, about
from exai_specs.kinds.volumes import AccessMode


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Workspace:
    """A volume that is made for a run and that all its steps see, at `${{ run.workspace }}`."""

    size: Annotated[Quantity, Effect.RENDER, about("How much it holds", "10Gi")]
    storage_class: Annotated[
        Maybe[Text], Effect.RENDER, about("Its StorageClass; default: the cluster's", "fast")
    ] = None
    access_modes: Annotated[
        tuple[AccessMode, ...], Effect.RENDER, about("How it may be mounted", ["ReadWriteMany"])
    ] = ()
