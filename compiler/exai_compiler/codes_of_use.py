"""What each code means of things that nobody uses, and of values that mustn't stand where they do.

In: nothing. Out: `USE_CODES`, a part of `codes.CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

USE_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "bad-image": Code(
            "A text that names no container image.",
            "An image is `REGISTRY/PATH:TAG`, or better `REGISTRY/PATH@sha256:DIGEST`. The path "
            "has small letters only; a digest has as many digits as its algorithm makes: 64 of "
            "sha256, 128 of sha512.",
        ),
        "credential-in-env": Code(
            "A variable is called like a credential, and its value stands in the spec.",
            "Specs are in Git, and Git forgets nothing. Refer to it: `DB_PASSWORD: {secret: db, "
            "key: password}`. What isn't secret gets another name, or a comment that allows it.",
            "warning",
        ),
        "credential-in-literal": Code(
            "An input, a parameter, an argument or an annotation is called like a credential, and "
            "its value stands in the spec.",
            "Specs are in Git, and an argument or an annotation is seen by all who see the pod or "
            "the run. Have the code read a variable that refers to it: `env: {DB_PASSWORD: "
            "{secret: db, key: password}}`. What isn't secret gets another name, or a comment that "
            "allows it.",
            "warning",
        ),
        "feast-placeholder": Code(
            "A literal that Feast would expand.",
            "Feast replaces `$NAME` and `${NAME}` in feature_store.yaml by variables of whatever "
            "process reads it. Secrets are written as references, which exai makes such variables "
            "of.",
        ),
        "gate-never-passes": Code(
            "A gate, or the goal of a search, on a value that its metric can't have.",
            "Accuracy, f1, precision, recall, auc and r2 are 1 at most, errors and losses are 0 at "
            "least. Metrics are fractions: 0.9, not 90.",
        ),
        "gate-wrong-side": Code(
            "A gate that only a bad version of the model passes.",
            "Accuracy, auc, f1, precision, recall and r2 are better when they are more: their "
            "bound is `min`. Losses and errors are better when they are less: theirs is `max`. "
            "Both bounds together are a band, which is taken as it is.",
        ),
        "half-expression": Code(
            "A text in a step that looks like an expression, and stays text.",
            "Only `${{ parameters.NAME }}` is filled in; `{{ parameters.NAME }}` and "
            "`${ parameters.NAME }` aren't. Where it is a template for something else, of Jinja or "
            "of Argo, allow it there.",
            "warning",
        ),
        "kubernetes-placeholder": Code(
            "A variable that refers to another one in Kubernetes' way.",
            "Kubernetes replaces `$(NAME)` in a container's variables by those that come before it "
            "in the rendered list, and leaves it as it is otherwise; a local process never does.",
        ),
        "secret-source": Code(
            "A cluster can't take a secret from variables or folders of one machine.",
            "`secrets` of a local environment says where values are: `{env: PREFIX_}`, `{dir: "
            "PATH}`. On a cluster it renames: `{name: prod-db}` is a Secret of the namespace.",
        ),
        "signature-mismatch": Code(
            "A Model's signature isn't what its training step makes.",
            "For exai's own training steps columns and types follow from the data. A signature is "
            "for models that your own code trains; beside those steps it has to say the same.",
        ),
        "unused-anchor": Code(
            "A text that begins with `&`, which YAML leaves out up to the next space.",
            "`&NAME` names a value for aliases, `*NAME`, and no alias repeats this one. Quote text "
            "that starts with `&`: `owner: '&team'`.",
            "warning",
        ),
        "unused-claim": Code(
            "A claim that no step mounts.",
            "Each run would wait for a volume, and remove it at the end.",
            "warning",
        ),
        "unused-connection": Code(
            "A connection that no Dataset reads from.",
            "Datasets name connections in `source: {sql: {connection: NAME}}`. Where steps run "
            "code of your own, which may read any of them, none is called unused.",
            "warning",
        ),
        "unused-input": Code(
            "A container is given something that its command doesn't take.",
            "A container sees its inputs only where `command`, `args` or `env` say so: `${{ "
            "inputs.NAME }}`, or `${{ inputs.NAME.path }}` of a file.",
            "warning",
        ),
        "unused-model": Code(
            "A Model that is just files, and that nothing serves.",
            "Its files have no registry, so no pipeline makes it and no alias moves: without a "
            "Service that names it, it says nothing. Models that pipelines register or that a "
            "registry has are never called unused, nor are language models.",
            "warning",
        ),
        "unused-runtime": Code(
            "A Runtime that serves nothing.",
            "A Service names it under `runtime`, or has a model of a format that the Runtime lists "
            "with `autoSelect`. A Runtime of `scope: cluster` may serve others.",
            "warning",
        ),
        "unused-secret": Code(
            "An environment says where a secret is, and nothing refers to it.",
            "`secrets` maps the names that references use: `{secret: NAME, key: KEY}`.",
            "warning",
        ),
        "unused-step": Code(
            "A step whose result nobody takes.",
            "It loads, divides or trains, and nothing comes of it: a run pays for it all the same. "
            "Steps that check, evaluate or register are never called unused, nor is your own code.",
            "warning",
        ),
        "unused-workspace": Code(
            "A workspace that no step uses.",
            "Each run would get a volume. Steps learn where it is from `${{ run.workspace }}`.",
            "warning",
        ),
        "unwritten-output": Code(
            "A container declares an output, and isn't told where to write it.",
            "Where the file goes is known in the run: `${{ outputs.NAME }}` of a value, `${{ "
            "outputs.NAME.path }}` of an artifact. A step whose value isn't there fails.",
            "warning",
        ),
    }
)
