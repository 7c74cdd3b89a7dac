"""What a run has of its own: a workspace, claims that steps mount, and how long it stays (LANGUAGE
section 6.1).

In: the blocks' plain values. Out: frozen values.
"""

from __future__ import annotations

from typing import Annotated

from exai_specs.amounts import Size
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Flag, Maybe, WholeSeconds
from exai_specs.frozen import empty
from exai_specs.kinds.pods import Texts
from exai_specs.kinds.volumes import AccessModes, StorageClass
from exai_specs.notes import about
from exai_specs.values import field


@block
class Workspace:
    """A volume that is made for a run and that all its steps see, at `${{ run.workspace }}`."""

    size: Annotated[Size, Effect.RENDER, about("How much it holds", "10Gi")]
    storage_class: Annotated[
        Maybe[StorageClass],
        Effect.RENDER,
        about("Its StorageClass; default: the cluster's", "fast"),
    ] = None
    access_modes: Annotated[
        AccessModes, Effect.RENDER, about("How it may be mounted", ["ReadWriteMany"])
    ] = ()


@block
class Ttl:
    """How long the pods of a run are kept after it ended, and how long where it ended so."""

    completion: Annotated[Maybe[WholeSeconds], Effect.RENDER, about("However it ended", "7d")] = (
        None
    )
    success: Annotated[Maybe[WholeSeconds], Effect.RENDER, about("When it succeeded", "1d")] = None
    failure: Annotated[Maybe[WholeSeconds], Effect.RENDER, about("When it failed", "30d")] = None


@block
class Claim:
    """A PersistentVolumeClaim that is made for a run, and goes with it."""

    size: Annotated[Size, Effect.RENDER, about("How much it holds", "10Gi")]
    storage_class: Annotated[
        StorageClass,
        Effect.RENDER,
        about("Its StorageClass; Kubeflow Pipelines can't ask for the cluster's own", "standard"),
    ]
    access_modes: Annotated[
        AccessModes, Effect.RENDER, about("How it may be mounted", ["ReadWriteMany"])
    ] = ("ReadWriteOnce",)
    annotations: Annotated[
        Texts, Effect.RENDER, about("Its annotations", {"example.com/note": "text"})
    ] = field(default_factory=empty)
    keep: Annotated[Flag, Effect.RENDER, about("Whether it stays after the run", True)] = False
