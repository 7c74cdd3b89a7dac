"""Who applies an environment, and what may happen there by itself (LANGUAGE section 4).

In: parts of an environment. Out: frozen values. Never: whether somebody does.
"""

from __future__ import annotations

from typing import Annotated, Literal

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Problem, refuse
from exai_specs.forms import OneOf
from exai_specs.notes import AfterValidator, about
from exai_specs.texts import Filled, different


def _inside(path: str) -> str:
    if path.startswith(("/", "~")) or ".." in path.split("/"):
        hint = "write a folder of it, for example clusters/prod"
        raise refuse(Problem("invalid-value", "leads out of the repository", hint))
    return path


@block
class Gitops:
    """Argo CD, Flux or the like applies what exai renders; exai itself keeps to runs, verdicts,
    aliases and schedules.
    """

    path: Annotated[
        Annotated[Filled, AfterValidator(_inside)],
        Effect.RENDER,
        about("Folder in its repository", "clusters/prod/flower-shop"),
    ]
    branch: Annotated[Maybe[Filled], Effect.RENDER, about("Branch of its repository", "main")] = (
        None
    )


Apply = Annotated[
    Literal["direct"] | Gitops,
    OneOf((("gitops", Gitops),), text=Literal["direct"], text_words="direct"),
]
Verb = Literal["create", "update", "replace", "run", "judge", "promote", "delete"]


@block
class Reconcile:
    """What the reconciler does by itself; the rest it reports."""

    may: Annotated[
        Annotated[tuple[Verb, ...], AfterValidator(different)],
        Effect.RENDER,
        about("The verbs of a plan that it may carry out", ["create", "update"]),
    ] = ()
