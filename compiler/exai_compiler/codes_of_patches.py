"""What each code means of patches, overlays and what they make of rendered objects.

In: nothing. Out: `PATCH_CODES`, a part of `codes.CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

PATCH_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "overlay-conflict": Code(
            "Two overlays touch one path of a document in one environment.",
            "Overlays have no order, so none of them can win: not when they say the same, and not "
            "when one of them replaces or removes what is around the other's value. Put what "
            "belongs together into one Overlay.",
        ),
        "overlay-target": Code(
            "An overlay patches a document of a kind that has no overlays.",
            "Environments are the Project's own: what differs between them is written under "
            "`environments`. An Overlay patches a document, not another Overlay.",
        ),
        "overlay-without-effect": Code(
            "An overlay, or a null in it, changes nothing.",
            "The document says the same without it, or has nothing there to remove. Often a field "
            "is misspelled, or the document has changed since. An overlay that is there to keep a "
            "value whatever the document will say can be allowed by a comment.",
            "warning",
        ),
        "patch-invalid": Code(
            "A patch that the patched object's CRD would refuse or drop.",
            "A patch is merged into the object, and the result held against the object's "
            "CustomResourceDefinition: no unknown field, no wrong type, nothing missing.",
        ),
        "patch-not-allowed": Code(
            "A patch of what tells whose object it is.",
            "Its kind, name, namespace, status and exai's own labels and annotations stay as they "
            "are, and so does the service account of pods, which is a field of the document.",
        ),
        "patch-shadows-field": Code(
            "A patch of what the document's own fields say.",
            "The document is what checks, lineage and reviewers look at; a patch that says "
            "otherwise would make it a lie. Change the field. `null` takes a default away.",
        ),
        "patch-unused": Code(
            "A patch of an object that no environment renders.",
            "Some objects are rendered only where an environment or a field asks for them.",
            "warning",
        ),
        "restricted-pod": Code(
            'A pod that leaves the profile "restricted" of the Pod Security Standards.',
            "exai's pods have no rights that they don't need. An environment may allow more: "
            "`security: {allow: [root]}`, or any of capabilities, host-namespaces, host-path, "
            "host-ports, privilege-escalation, privileged and unconfined.",
        ),
    }
)
