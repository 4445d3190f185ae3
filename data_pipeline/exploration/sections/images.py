"""What the image files are like before they are cropped: sizes, modes, contrast."""

from collections import Counter

import numpy as np

from data_pipeline.exploration.charts.bars import bars
from data_pipeline.exploration.charts.histogram import histogram
from data_pipeline.exploration.image_facts import ImageFacts
from data_pipeline.exploration.labelled import Array
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import counted, listed, number, percent

TITLE = "Image files"
SHOWN = 10
"""Sizes that are named, and unreadable files."""

_MODES = {"1": "black and white", "L": "grey", "RGB": "colour", "P": "palette"}
_QUANTILES = (0, 5, 25, 50, 75, 95, 100)


def section(material: Material) -> Section | Absent:
    """Counts sizes and modes, and shows how light and how rich in contrast they are."""
    found = material.images
    if not found.facts:
        return Absent(title=TITLE, reason="not one image file could be read")
    sizes, table = _sizes(found)
    light = np.array([fact.light for fact in found.facts])
    contrast = np.array([fact.contrast for fact in found.facts])
    return Section(
        title=TITLE,
        said=tuple(_said(found)),
        charts=(
            sizes,
            _histogram(contrast, "contrast", "standard deviation of its grey levels"),
            _histogram(light, "brightness", "mean of its grey levels"),
        ),
        tables=(table, _quantiles(contrast, light)),
        lead=tuple(_lead(found)),
    )


def _said(found: ImageFacts) -> list[str]:
    said = ["The files as they are, before any crop or resizing."]
    if found.looked < found.total:
        said.append(
            f"A random {number(found.looked)} of the {number(found.total)} development "
            "images were looked at, always the same ones."
        )
    kinds = Counter(fact.kind for fact in found.facts)
    said.append(f"Formats: {_counts(kinds)}.")
    if found.unreadable:
        named = "; ".join(f"{name} {why}" for name, why in found.unreadable[:SHOWN])
        more = ", and others" * (len(found.unreadable) > SHOWN)
        said.append(
            f"{counted(len(found.unreadable), 'file')} cannot be read: {named}{more}. "
            "python -m data_pipeline.check finds them all."
        )
    return said


def _lead(found: ImageFacts) -> list[str]:
    sizes = Counter(fact.size for fact in found.facts)
    modes = Counter(_mode(fact.mode) for fact in found.facts)
    same = "one size" if len(sizes) == 1 else f"{number(len(sizes))} sizes"
    lead = [f"The images have {same}; {_counts(modes)}."]
    if found.unreadable:
        lead.append(f"{counted(len(found.unreadable), 'image')} cannot be read.")
    return lead


def _counts(counter: "Counter[str]") -> str:
    return listed([f"{number(n)} {name}" for name, n in counter.most_common()])


def _mode(mode: str) -> str:
    return f"{_MODES[mode]} ({mode})" if mode in _MODES else mode


def _sizes(found: ImageFacts) -> tuple[Chart, Table]:
    kinds = Counter(
        f"{f.size[0]} x {f.size[1]}, {_mode(f.mode)}" for f in found.facts
    ).most_common()
    rest = sum(n for _, n in kinds[SHOWN:])
    shown = kinds[:SHOWN]
    if rest:
        shown.append((f"{counted(len(kinds) - SHOWN, 'other kind')}", rest))
    shares = [percent(n / len(found.facts)) for _, n in shown]
    told = ", ".join(f"{name}: {n}" for name, n in shown)
    chart = Chart(
        name="image-sizes",
        caption="Images by width x height in pixels, and mode.",
        alt=f"Bars, images by size and mode: {told}.",
        png=bars(
            [name for name, _ in shown],
            [n for _, n in shown],
            [f"{number(n)}   {p}" for (_, n), p in zip(shown, shares, strict=True)],
        ),
    )
    table = Table(
        caption="Images by size and mode",
        columns=("size and mode", "images", "share"),
        rows=tuple(
            (name, number(n), p) for (name, n), p in zip(shown, shares, strict=True)
        ),
    )
    return chart, table


def _histogram(values: Array, name: str, meaning: str) -> Chart:
    top = 5 * (int(values.max()) // 5 + 1)
    edges = np.linspace(0, top, 41)
    low, middle, high = np.percentile(values, (5, 50, 95))
    return Chart(
        name=f"image-{name}",
        caption=f"{name.capitalize()} of an image: the {meaning}, from 0 to 255.",
        alt=f"Histogram of {name}: median {middle:.0f}; nine in ten images lie between "
        f"{low:.0f} and {high:.0f}.",
        png=histogram(
            values, edges, label=f"{name} (grey levels)", median=f"median {middle:.0f}"
        ),
    )


def _quantiles(contrast: Array, light: Array) -> Table:
    return Table(
        caption="Contrast and brightness, in grey levels from 0 to 255",
        columns=("", "least", *(f"{q} %" for q in _QUANTILES[1:-1]), "most"),
        rows=tuple(
            (name, *(f"{value:.1f}" for value in np.percentile(values, _QUANTILES)))
            for name, values in (("contrast", contrast), ("brightness", light))
        ),
    )
