"""The figures of an evaluation, as SVG.

In: curves, importance. Out: SVG texts by name: `confusion-matrix`, `roc`, `residuals`,
`importance`. The same numbers give the same bytes.
Never needs a display, a font of the machine's or the network: text stays text.
"""

import io
import os
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

# A picture that came out larger isn't worth its place in the metrics.
MOST_BYTES = 256 * 1024
_MOST_BARS = 20


def import_matplotlib() -> None:
    """A second of imports, for a thread that has it to spare."""
    import logging

    os.environ.setdefault("MPLCONFIGDIR", tempfile.gettempdir())  # a step may have no home
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401


def drawn(curves: Mapping[str, Any], importance: Mapping[str, float], title: str) -> dict[str, str]:
    """What there is to draw: `curves` holds `confusion`, `roc` and `residuals`, each if there."""
    figures: dict[str, str] = {}
    drawers: tuple[tuple[str, Any, Callable[[Any, Any], None]], ...] = (
        ("confusion-matrix", curves.get("confusion"), _confusion),
        ("roc", curves.get("roc"), _roc),
        ("residuals", curves.get("residuals"), _residuals),
        ("importance", dict(importance), _importance),
    )
    for name, told, draw in drawers:
        if not told:
            continue
        text = _svg(told, draw, title)
        if len(text.encode()) <= MOST_BYTES:
            figures[name] = text
    return figures


def _svg(told: Any, draw: Callable[[Any, Any], None], title: str) -> str:
    import_matplotlib()
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings = {"svg.hashsalt": "exai", "svg.fonttype": "none", "font.family": "sans-serif"}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(6, 4.5), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        draw(axes, told)
        if title:
            axes.set_title(_plain(title), fontsize=10)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue().decode()


def _confusion(axes: Any, told: Mapping[str, Any]) -> None:
    counts, labels = told["counts"], [_plain(label) for label in told["labels"]]
    axes.imshow(counts, cmap="Blues", aspect="auto")
    highest = max(map(max, counts))
    for at, row in enumerate(counts):
        for to, count in enumerate(row):
            colour = "white" if count > highest / 2 else "black"
            axes.text(to, at, str(count), ha="center", va="center", color=colour, fontsize=8)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")


def _roc(axes: Any, told: Mapping[str, Mapping[str, Any]]) -> None:
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=0.8)
    for name, curve in told.items():
        label = f"{_plain(name)} ({curve['auc']:.3f})"
        axes.plot(curve["fpr"], curve["tpr"], linewidth=1.2, label=label)
    axes.set_xlabel("false positive rate")
    axes.set_ylabel("true positive rate")
    axes.legend(fontsize=8, title="area", title_fontsize=8)


def _residuals(axes: Any, told: Mapping[str, Any]) -> None:
    axes.axhline(0, color="grey", linewidth=0.8)
    axes.scatter(told["predicted"], told["residual"], s=8, alpha=0.6)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true - predicted")


def _importance(axes: Any, told: Mapping[str, float]) -> None:
    top = sorted(told.items(), key=lambda item: (-item[1], item[0]))[:_MOST_BARS][::-1]
    axes.barh([_plain(name) for name, _ in top], [share for _, share in top], height=0.7)
    axes.set_xlabel("importance")
    axes.tick_params(axis="y", labelsize=8)


def _plain(text: str) -> str:
    """A text as it is: no mathematics between dollars, no more than a label holds."""
    short = text if len(text) <= 40 else text[:39] + "…"
    return short.replace("$", r"\$")
