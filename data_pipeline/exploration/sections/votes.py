"""How far the taggers agree, and how they vote on each class."""

import numpy as np
import pandas as pd
from scipy.stats import entropy

from data_pipeline.exploration.labelled import Array, levels
from data_pipeline.exploration.material import Material
from data_pipeline.labels.labels import FERPLUS_VOTES
from data_pipeline.labels.votes import RULES, vote_distributions
from data_pipeline.pages.bar_charts import histogram
from data_pipeline.pages.matrix import Scale, matrix
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import counted, percent, sized, spread

_NO_EMOTION = {"unknown": "Unknown", "NF": "NF (no face)"}


def section(material: Material) -> Section:
    """Shows the entropy of the votes, their means by class, and what rules keep."""
    table = material.table
    if not table.votes:
        raise NoDataError("the data have no votes, one label per image")
    votes = table.vote_counts()
    bits = vote_entropy(votes)
    bits = bits[np.isfinite(bits)]
    agreed = percent(float((bits == 0).mean()))
    means, images = _means(material, votes)
    rules = (_rules(votes),) if table.votes == FERPLUS_VOTES else ()
    text = (
        f"All taggers agree on {agreed} of the images. Entropy is over all "
        f"{len(table.votes)} categories, those that name no emotion included."
    )
    highlight = (
        f"All taggers agree on {agreed} of the images; the votes on half of them have "
        f"{np.median(bits):.2f} bits of entropy or less."
    )
    return Section(
        paragraphs=(text, *_without_emotion(table.votes, votes)),
        charts=(_entropy(bits, len(table.votes)), _matrix(means, images)),
        tables=(_table(means, images), *rules),
        highlights=(highlight,),
    )


def vote_entropy(votes: Array) -> Array:
    """Measures in bits how far the votes of each row are spread.

    ``votes`` has shape (N, C). Returns shape (N,), from 0 (all agree) to log2(C); NaN
    for a row without votes.

    Example:
        >>> vote_entropy(np.array([[10, 0], [5, 5]])).tolist()
        [0.0, 1.0]
    """
    with np.errstate(invalid="ignore"):
        bits: Array = entropy(votes, base=2, axis=1) + 0.0  # no minus zero
    return bits


def _without_emotion(categories: tuple[str, ...], votes: Array) -> list[str]:
    return [
        f"{_NO_EMOTION[category]} has a vote or more on "
        f"{counted(int((votes[:, place] > 0).sum()), 'image')}, and most votes on "
        f"{(votes.argmax(axis=1) == place).sum():,}."
        for place, category in enumerate(categories)
        if category in _NO_EMOTION
    ]


def _entropy(bits: Array, categories: int) -> Chart:
    top = float(np.ceil(4 * bits.max()) / 4) or 1.0
    return Chart(
        name="vote-entropy",
        caption="Entropy of an image's votes: 0 where all taggers agree, "
        f"{np.log2(categories):.2f} where they spread over all {categories}.",
        alt=f"Histogram: {spread(bits, digits=2, unit=' bits')}.",
        png=histogram(bits, np.linspace(0, top, 31), label="entropy (bits)", digits=2),
    )


def _means(material: Material, votes: Array) -> tuple[pd.DataFrame, list[int]]:
    """Averages the votes of all images, and of each class's; counts the images."""
    rows = {"all": votes}
    for level in levels(material.table)[:1]:
        for name, members in zip(level.classes, level.members.T, strict=True):
            rows[name] = votes[members]
    means = pd.DataFrame(
        [own.mean(axis=0) for own in rows.values()],
        index=pd.Index(rows, name="images"),
        columns=material.table.votes,
    )
    return means, [len(own) for own in rows.values()]


def _matrix(means: pd.DataFrame, images: list[int]) -> Chart:
    highest = "; ".join(
        f"{name}: "
        + ", ".join(
            f"{means.columns[at]} {line[at]:.1f}" for at in np.argsort(-line)[:3]
        )
        for name, line in zip(means.index, means.to_numpy(), strict=True)
    )
    values = means.set_axis(sized(list(means.index), images))
    return Chart(
        name="votes-by-class",
        caption="Mean votes for each category (columns) on the images whose most "
        "votes are for the row's emotion.",
        alt=f"Matrix of mean votes, the highest: {highest}.",
        png=matrix(
            values,
            values.map("{:.1f}".format),
            Scale(high=float(means.to_numpy().max()) or 1.0),
        ),
        wide=True,
    )


def _table(means: pd.DataFrame, images: list[int]) -> Table:
    frame = means.map("{:.2f}".format)
    frame.insert(0, "number", images)
    return Table(caption="Mean votes on an image", frame=frame)


def _rules(votes: Array) -> Table:
    """Counts what each rule of ``[data] labels`` keeps."""
    kept = {rule: int(vote_distributions(votes, rule)[1].sum()) for rule in RULES}
    frame = pd.DataFrame({"images": kept}).rename_axis("rule")
    frame["share"] = (frame["images"] / len(votes)).map(percent)
    return Table(
        open=True, caption="Images that each rule of [data] labels keeps", frame=frame
    )
