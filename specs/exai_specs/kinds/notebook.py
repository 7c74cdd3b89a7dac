"""Notebook: a running notebook server with a folder that stays (LANGUAGE section 9).

In: the `spec` of a Notebook. Out: a frozen value. Never: what happens in it.
"""

from __future__ import annotations

from typing import Annotated

from exai_specs import shape_rules, units
from exai_specs.amounts import Size
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Flag, Maybe, Named, Problem, Text, refuse
from exai_specs.frozen import empty
from exai_specs.kinds.patches import Patches, PatchesOf
from exai_specs.kinds.servers import PodFields
from exai_specs.kinds.volumes import MOUNT_PATH, AccessModes, StorageClass
from exai_specs.kinds.workload import SECRET
from exai_specs.notes import about, checked
from exai_specs.values import field

SIZE = "10Gi"
HOME = "/home/jovyan"
"""The working folder that the controller sets, and Kubeflow's images have."""

NOT_COPIED = ("kubectl", "notebook")
"""Annotations with these words in their names stay off the pods (notebook_controller.go)."""


@block
class Workspace:
    """The folder that outlives the server: a PersistentVolumeClaim of its own, or one that is
    there.
    """

    size: Annotated[
        Maybe[Size], Effect.RENDER, about(f"How much it holds; default: {SIZE}", SIZE)
    ] = None
    storage_class: Annotated[
        Maybe[StorageClass],
        Effect.REDEPLOY,
        about("Its StorageClass; default: the cluster's", "fast"),
    ] = None
    access_modes: Annotated[
        AccessModes,
        Effect.REDEPLOY,
        about("How it may be mounted; default: ReadWriteOnce", ["ReadWriteMany"]),
    ] = ()
    pvc: Annotated[
        Maybe[Annotated[Text, Named(SECRET, "team-data")]],
        Effect.REDEPLOY,
        about("Instead: a PersistentVolumeClaim that is there", "team-data"),
    ] = None
    mount_path: Annotated[
        Annotated[Text, Named(MOUNT_PATH)], Effect.REDEPLOY, about("Where it stands", HOME)
    ] = HOME

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        why = "is of a claim that is made, and pvc names one that is there"
        own = ("size", "storageClass", "accessModes")
        yield shape_rules.without(cls, shape_rules.has("pvc"), why, *own)

    @checked
    def _new_or_there(self) -> Workspace:
        if self.pvc is None:
            return self
        stated = {
            "size": self.size is not None,
            "storageClass": self.storage_class is not None,
            "accessModes": bool(self.access_modes),
        }
        wrong = "is of a claim that is made, and pvc names one that is there"
        problems = [
            Problem("invalid-value", wrong, "remove one of them", (name,), "key")
            for name, there in stated.items()
            if there
        ]
        if problems:
            raise refuse(*problems)
        return self

    @property
    def amount(self) -> units.Quantity:
        """The size of a claim of its own."""
        return self.size or units.parse_quantity(SIZE)


@block
class NotebookSpec(PodFields):
    """A notebook server of Kubeflow's. The workload block is its container."""

    workspace: Annotated[
        Workspace, Effect.REDEPLOY, about("The folder that outlives it", {"size": SIZE})
    ] = field(default_factory=Workspace)
    stopped: Annotated[Flag, Effect.REDEPLOY, about("Whether it is stopped", True)] = False
    culling: Annotated[
        Flag,
        Effect.METADATA,
        about("Whether the cluster's culler may stop it when it is idle", False),
    ] = True
    patches: Annotated[
        Annotated[Patches, PatchesOf(("Notebook", "PersistentVolumeClaim"))],
        Effect.REDEPLOY,
        about(
            "Fields of the rendered objects that no field here has",
            {"Notebook": {"spec": {"template": {"spec": {"priorityClassName": "low"}}}}},
        ),
    ] = field(default_factory=empty)

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield shape_rules.needs({}, "image")

    @checked
    def _consistent(self) -> NotebookSpec:
        problems: list[Problem] = []
        if self.image is None:
            hint = "add image (the notebook server), by digest"
            problems.append(Problem("missing-field", "has no image", hint, on="key"))
        if self.workspace.mount_path in self.volumes:
            wrong = "is where the workspace stands"
            hint = "mount it elsewhere, or write workspace: {pvc: NAME} for a claim that is there"
            path = ("volumes", self.workspace.mount_path)
            problems.append(Problem("invalid-value", wrong, hint, path, "key"))
        for name in self.pod_annotations:
            if any(word in name for word in NOT_COPIED):
                wrong = "wouldn't reach the pod: the controller keeps it off"
                hint = "write it under metadata.annotations, if it is for the Notebook itself"
                path = ("podAnnotations", name)
                problems.append(Problem("invalid-name", wrong, hint, path, "key"))
        if problems:
            raise refuse(*problems)
        return self
