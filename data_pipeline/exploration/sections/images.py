"""Sizes, modes, contrast and brightness of the image files, before any crop."""

from collections import Counter

import numpy as np
import pandas as pd

from data_pipeline.exploration.image_facts import ImageFacts
from data_pipeline.exploration.labelled import Array
from data_pipeline.exploration.material import Material
from data_pipeline.pages.bar_charts import bars, histogram
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import counted, listed, percent, spread

SHOWN = 10
"""Sizes that are listed, and unreadable files."""

_MODES = {"1": "black and white", "L": "grey", "RGB": "colour", "P": "palette"}
_QUANTILES = {
    "least": 0, "5 %": 0.05, "25 %": 0.25, "50 %": 0.5,
    "75 %": 0.75, "95 %": 0.95, "most": 1,
}  # fmt: skip


def section(material: Material) -> Section:
    """Counts sizes and modes, and shows contrast and brightness."""
    images = material.images
    if not images.facts:
        raise NoDataError("no image file could be read")
    sizes, table = _sizes(images)
    contrast = np.array([fact.contrast for fact in images.facts])
    brightness = np.array([fact.brightness for fact in images.facts])
    return Section(
        paragraphs=tuple(_paragraphs(images)),
        charts=(
            sizes,
            _histogram(contrast, "contrast", "standard deviation of its grey levels"),
            _histogram(brightness, "brightness", "mean of its grey levels"),
        ),
        tables=(
            table,
            Table(
                caption="Contrast and brightness, in grey levels from 0 to 255",
                frame=pd.DataFrame({"contrast": contrast, "brightness": brightness})
                .quantile(list(_QUANTILES.values()))
                .T.set_axis(list(_QUANTILES), axis=1)
                .map("{:.1f}".format),
            ),
        ),
        highlights=tuple(_highlights(images)),
    )


def _paragraphs(images: ImageFacts) -> list[str]:
    text = ["The original files, before any crop or resizing."]
    if images.sampled < images.total:
        text.append(
            f"A random sample of {images.sampled:,} of the {images.total:,} "
            "development images was read, the same one each time."
        )
    kinds = Counter(fact.kind for fact in images.facts)
    text.append(f"Formats: {_listing(kinds)}.")
    if images.unreadable:
        named = "; ".join(f"{name} {why}" for name, why in images.unreadable[:SHOWN])
        more = ", and others" * (len(images.unreadable) > SHOWN)
        text.append(
            f"{counted(len(images.unreadable), 'file')} cannot be read: {named}{more}. "
            "python -m data_pipeline.check finds them all."
        )
    return text


def _highlights(images: ImageFacts) -> list[str]:
    sizes = {fact.size for fact in images.facts}
    modes = Counter(_mode(fact.mode) for fact in images.facts)
    same = "one size" if len(sizes) == 1 else f"{len(sizes):,} sizes"
    lead = [f"The images have {same}; {_listing(modes)}."]
    if images.unreadable:
        lead.append(f"{counted(len(images.unreadable), 'image')} cannot be read.")
    return lead


def _listing(counter: "Counter[str]") -> str:
    return listed([f"{n:,} {name}" for name, n in counter.most_common()])


def _mode(mode: str) -> str:
    return f"{_MODES[mode]} ({mode})" if mode in _MODES else mode


def _sizes(images: ImageFacts) -> tuple[Chart, Table]:
    kinds = Counter(
        f"{fact.size[0]} x {fact.size[1]}, {_mode(fact.mode)}" for fact in images.facts
    ).most_common()
    counts = dict(kinds[:SHOWN])
    if rest := kinds[SHOWN:]:
        counts[counted(len(rest), "other kind")] = sum(n for _, n in rest)
    frame = pd.DataFrame({"images": counts}).rename_axis("size and mode")
    frame["share"] = (frame["images"] / len(images.facts)).map(percent)
    chart = Chart(
        name="image-sizes",
        caption="Images by width x height in pixels, and mode.",
        alt="Bars, images by size and mode: "
        f"{', '.join(f'{name}: {n}' for name, n in counts.items())}.",
        png=bars(frame),
    )
    return chart, Table(caption="Images by size and mode", frame=frame)


def _histogram(values: Array, name: str, meaning: str) -> Chart:
    top = 5 * (int(values.max()) // 5 + 1)
    return Chart(
        name=f"image-{name}",
        caption=f"{name.capitalize()} of an image: the {meaning}, from 0 to 255.",
        alt=f"Histogram of {name}: {spread(values, digits=0)}.",
        png=histogram(
            values, np.linspace(0, top, 41), label=f"{name} (grey levels)", digits=0
        ),
    )
