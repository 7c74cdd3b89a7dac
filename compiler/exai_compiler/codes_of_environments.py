"""What each code of the checks of environments means.

In: nothing. Out: `ENVIRONMENT_CODES`, a part of `CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

ENVIRONMENT_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "exai-unpinned": Code(
            "A project for a cluster that doesn't say which versions of exai it is for.",
            "Whoever applies it next may have another version, which renders other objects. "
            "`spec.exai` of the Project is a range such as `>=0.1,<0.2`.",
            "warning",
        ),
        "incomplete-environment": Code(
            "An environment on a cluster lacks what its pipelines and services need.",
            "Objects need a `namespace`; steps that register models a registry (`tracking`) and a "
            "store that KServe reads, too (`models`).",
        ),
        "not-yet": Code(
            "A setting for what this version of exai doesn't do.",
            "It is checked, and nothing comes of it yet.",
            "note",
        ),
        "unpinned-image": Code(
            "An environment on a cluster names an image of exai by its tag.",
            "What a tag means can change, and steps and servers with it. Name it by digest.",
        ),
    }
)
