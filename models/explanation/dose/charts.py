"""Charts of dose and response, as PNG bytes; blue and vermilion suit everyone."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import PercentFormatter

from data_pipeline.labels.labels import FACS_NAMES
from data_pipeline.pages.canvas import BROAD, CONTRAST, LINE, MAIN, QUIET, canvas, png
from data_pipeline.pages.matrix import Scale, matrix
from data_pipeline.pages.wording import coefficient
from models.explanation.dose.response import MOVES, DoseResponse, is_expected
from models.explanation.outputs import INTENSITIES, Output

ACROSS = 3
_PANEL, _HEAD = 1.75, 0.65
"""Inches of a panel's height, and of the legend."""

_FOLLOWS = "#009e73"
_HALO = withStroke(linewidth=2.5, foreground="white")
"""Around names that stand on lines."""


def changes_chart(responses: Sequence[DoseResponse]) -> bytes:
    """Draws how far each output moves from no to the strongest intensity of each unit.

    A row for each unit, a column for each output; "!" marks what should not move.
    """
    units = [response.unit for response in responses]
    names = [_short(output) for output in responses[0].outputs]
    values = pd.DataFrame([one.change for one in responses], units, names)
    texts = pd.DataFrame([_texts(one) for one in responses], units, names)
    return matrix(values, texts, Scale(colours="PuOr_r", low=-1.0, high=1.0))


def _texts(response: DoseResponse) -> list[str]:
    unexpected = response.unexpected()
    return [
        f"{coefficient(change)}{'!' * (place in unexpected)}"
        if abs(change) >= MOVES
        else ""
        for place, change in enumerate(response.change.tolist())
    ]


def _short(output: Output) -> str:
    return f"{output.label} 0-5" if output.head == INTENSITIES else output.label


def curves_chart(responses: Sequence[DoseResponse]) -> bytes:
    """Draws a panel for each unit: every output's mean over people, by intensity.

    The band, of the unit's own outputs, holds the middle 80 % of the people; the table
    has that of all outputs.
    """
    across = min(ACROSS, len(responses))
    down = -(-len(responses) // across)
    with canvas(_HEAD + _PANEL * down, BROAD) as (figure, only):
        only.remove()
        panels = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
        for response, axes in zip(responses, panels.flat, strict=False):
            _panel(axes, response)
        for axes in panels.flat[len(responses) - across : len(responses)]:
            axes.tick_params(labelbottom=True)
        for axes in panels.flat[len(responses) :]:
            axes.set_visible(False)
        figure.supxlabel("intensity of the one unit that changes", fontsize=9)
        figure.legend(
            handles=_legend(),
            loc="outside upper left",
            ncols=2,
            frameon=False,
            fontsize=8.5,
        )
        return png(figure)


def _panel(axes: Axes, response: DoseResponse) -> None:
    """Draws grey lines first, then what may follow, then the unit itself."""
    own, unexpected = response.own(), response.unexpected()
    places = range(len(response.outputs))
    for place in sorted(places, key=lambda place: (place in own, place in unexpected)):
        if place in own:
            _line(axes, response, place, MAIN, 2.2)
        elif place in unexpected:
            _line(axes, response, place, CONTRAST, 1.4, "--")
        elif is_expected(response.unit, response.outputs[place]):
            _line(axes, response, place, _FOLLOWS, 1.1)
        else:
            _line(axes, response, place, LINE, 0.8)
    for place in own:
        low, high = _shares(response.band[:, :, place], response.outputs[place])
        axes.fill_between(response.levels, low, high, color=MAIN, alpha=0.15, lw=0)
    _name_lines(axes, response, unexpected)
    called = FACS_NAMES.get(response.unit, "")
    axes.set_title(f"{response.unit} {called}", fontsize=8.5, loc="left")
    axes.set_xticks(response.levels)
    axes.set_ylim(-0.03, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.tick_params(labelsize=8, colors=QUIET)


def _shares(values: np.ndarray, output: Output) -> np.ndarray:
    low, high = output.range
    return (values - low) / (high - low)


def _line(
    axes: Axes,
    response: DoseResponse,
    place: int,
    colour: str,
    width: float,
    kind: str = "-",
) -> None:
    values = _shares(response.mean[:, place], response.outputs[place])
    axes.plot(response.levels, values, kind, color=colour, linewidth=width)


def _name_lines(axes: Axes, response: DoseResponse, places: Sequence[int]) -> None:
    """Names the outputs that should not move, at the end of their lines, apart."""
    ends = {
        _short(response.outputs[place]): float(
            _shares(response.mean[-1:, place], response.outputs[place])[0]
        )
        for place in places
    }
    height = -1.0
    for name, end in sorted(ends.items(), key=lambda item: item[1]):
        height = max(end, height + 0.11)
        axes.annotate(
            name,
            (response.levels[-1], height),
            xytext=(-2, 1),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=7,
            color=CONTRAST,
            path_effects=[_HALO],
        )


def _legend() -> list[Line2D | Patch]:
    return [
        Line2D([], [], color=MAIN, linewidth=2.2, label="the unit's own output"),
        Line2D([], [], color=_FOLLOWS, label="may follow (its emotions; ratings)"),
        Line2D([], [], color=CONTRAST, ls="--", label="moves and should not"),
        Line2D([], [], color=LINE, label="all others"),
    ]
