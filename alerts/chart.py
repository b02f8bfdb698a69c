"""Draws twelve weeks as a small picture that is legible in grey. Pure; opens no window."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alerts.digest import Trend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS, SIZE = 180, (4.2, 2.4)
LETTERS = 9.5
INK, QUIET, RULE, UNSEEN = "#1b1f24", "#56606b", "#dfe3e8", "#eef0f3"
# From dark to light, each with a pattern of its own, so that a photocopy still tells them apart.
LAYERS = (
    ("negative", "Negative", "#7a1f1f", ""),
    ("neutral", "Neutral", "#9fb0c2", "////"),
    ("positive", "Positive", "#ffffff", ""),
)


def load() -> None:
    """Load what draws, which takes seconds at the first time; later ones are quick."""
    import matplotlib.backends.backend_agg  # noqa: PLC0415 - slow to load
    import matplotlib.figure  # noqa: F401, PLC0415 - slow to load


def png(trend: Trend) -> bytes:
    """The chart as a PNG; the same trend gives the same picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow to load
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load

    figure = Figure(figsize=SIZE, dpi=DOTS, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _bars(axes, trend)
    _ground(axes, trend)
    _frame(axes, trend)
    made = io.BytesIO()
    figure.savefig(made, format="png", metadata={"Software": None}, pil_kwargs={"optimize": True})
    return made.getvalue()


def _bars(axes: Axes, trend: Trend) -> None:
    places = range(len(trend.weeks))
    if trend.least:
        whole = [max(number - trend.least + 1, 0) and number for number in _whole(trend)]
        axes.bar(places, whole, width=0.72, color=LAYERS[1][2], edgecolor=INK, linewidth=0.8)
        return
    base: Sequence[int] = [0] * len(trend.weeks)
    for name, label, colour, hatch in LAYERS:
        numbers = getattr(trend, name)
        look: dict[str, Any] = {"color": colour, "edgecolor": INK, "hatch": hatch, "linewidth": 0.8}
        axes.bar(places, numbers, bottom=base, width=0.72, label=label, **look)
        base = [below + number for below, number in zip(base, numbers, strict=True)]
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=LETTERS)


def _whole(trend: Trend) -> list[int]:
    layers = zip(trend.negative, trend.neutral, trend.positive, strict=True)
    return [sum(each) for each in layers]


def _ground(axes: Axes, trend: Trend) -> None:
    """Shade the weeks that were not watched: an empty place there is no calm."""
    for place, (seen, number) in enumerate(zip(trend.seen, _whole(trend), strict=True)):
        if not seen:
            axes.axvspan(place - 0.5, place + 0.5, color=UNSEEN, zorder=0, linewidth=0)
        if not (seen or number):
            where = axes.get_xaxis_transform()
            says: dict[str, Any] = {
                "ha": "center",
                "va": "bottom",
                "color": QUIET,
                "fontsize": 8,
                "rotation": 90,
            }
            axes.text(place, 0.05, "not watched", transform=where, **says)


def _frame(axes: Axes, trend: Trend) -> None:
    top = max(_whole(trend))
    axes.set_ylim(0, max(top * 1.08, 5))
    axes.set_xlim(-0.5, len(trend.weeks) - 0.5)
    axes.locator_params(axis="y", integer=True, nbins=5)
    # Every second week is named, the last among them.
    named = range(len(trend.weeks) - 1, -1, -2)
    axes.set_xticks(named, [trend.weeks[place] for place in named], fontsize=LETTERS, color=INK)
    axes.get_xticklabels()[0].set_fontweight("bold")
    axes.tick_params(axis="y", labelsize=LETTERS, labelcolor=INK, length=0)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
