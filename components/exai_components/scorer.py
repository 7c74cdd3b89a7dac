"""Scores rows with a model of any format: what the model server and evaluate-model have in common.

In: a model folder and what is known of its digest, then rows by column name. Out: predictions and
class probabilities.
Never loads a pickle on trust: unpickling runs what the file says. Its folder's digest has to be
declared, or the caller has to be in the run that made it, and say so.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from exai_components.model_file import (
    FORMAT,
    SKLEARN,
    BadModel,
    ModelFile,
    read_model_file,
    verify,
)
from exai_components.scores import Row, Scores


class Scorer(Protocol):
    """A loaded model; `score` is thread-safe, and every row must hold every column (or None)."""

    signature: ModelFile

    @property
    def probable(self) -> bool:
        """Do its scores hold probabilities?"""

    def score(self, rows: Sequence[Row]) -> Scores:
        """The predictions of `rows`."""


def open_scorer(model_dir: Path, digest: str | None = None, *, trusted_run: bool = False) -> Scorer:
    """The model in a folder, loaded; `BadModel` when it can't be, or mustn't be.

    A `digest` that is given must be that of `exai-model.json`, and every file must have the digest
    that stands there. Without one, a pickle is refused unless the caller is in the run that made
    it (`trusted_run`).
    """
    signature = read_model_file(model_dir) if digest is None else verify(model_dir, digest)
    if signature.format == FORMAT:
        from exai_components.mojo import MojoScorer

        return MojoScorer(model_dir)
    if signature.format != SKLEARN:
        raise BadModel(f"{model_dir} has the format {signature.format}: nothing here can score it")
    if digest is None and not trusted_run:
        raise BadModel(
            f"{model_dir} holds a pickle, which isn't loaded unless the model's digest is declared"
        )
    from exai_components.sklearn_scorer import SklearnScorer, load_estimator

    return SklearnScorer(signature, load_estimator(model_dir, signature))
