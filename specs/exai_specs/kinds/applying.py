"""Who applies an environment, and what may happen there by itself (LANGUAGE section 4).

In: parts of an environment. Out: frozen values. Never: whether somebody does.
"""

from __future__ import annotations

from typing import Annotated, Literal

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Text, about
from exai_specs.forms import OneOf


@block
class Gitops:
    """Argo CD, Flux or the like applies what exai renders; exai itself keeps to runs, verdicts,
    aliases and schedules.
    """

    path: Annotated[
        Text, Effect.RENDER, about("Folder in its repository", "clusters/prod/flower-shop")
    ]
    branch: Annotated[Maybe[Text], Effect.RENDER, about("Branch of its repository", "main")] = None


Apply = Annotated[
    Literal["direct"] | Gitops,
    OneOf((("gitops", Gitops),), text=Literal["direct"], text_words="direct"),
]
Verb = Literal["create", "update", "replace", "run", "judge", "promote", "delete"]


@block
class Reconcile:
    """What the reconciler does by itself; the rest it reports."""

    may: Annotated[
        tuple[Verb, ...],
        Effect.RENDER,
        about("The verbs of a plan that it may carry out", ["create", "update"]),
    ] = ()
