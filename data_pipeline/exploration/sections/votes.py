"""How far the taggers agree, and what they say of each class."""

import numpy as np

from data_pipeline.exploration.associations import entropy
from data_pipeline.exploration.charts.histogram import histogram
from data_pipeline.exploration.charts.matrix import Scale, matrix
from data_pipeline.exploration.charts.style import SEQUENTIAL
from data_pipeline.exploration.labelled import Array, levels
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import counted, number, percent
from data_pipeline.labels.labels import FERPLUS_VOTES
from data_pipeline.labels.votes import RULES, distributions

TITLE = "Votes"


def section(material: Material) -> Section | Absent:
    """Shows the entropy of the votes, their means by class, and what rules keep."""
    table = material.table
    if not table.votes:
        return Absent(title=TITLE, reason="nobody voted: each image has one label")
    votes = table.vote_counts()
    bits = entropy(votes)
    bits = bits[np.isfinite(bits)]
    agreed = percent(float((bits == 0).mean()))
    means = _means(material, votes)
    rules = (_rules(votes),) if table.votes == FERPLUS_VOTES else ()
    said = (
        (
            f"All taggers agree on {agreed} of the images. Entropy is over all "
            f"{len(table.votes)} categories, those that name no emotion included."
        ),
        *_unknown(table.votes, votes),
    )
    return Section(
        title=TITLE,
        said=said,
        charts=(_entropy(bits, len(table.votes)), _matrix(table.votes, means)),
        tables=(_table(table.votes, means), *rules),
        lead=(
            (
                f"All taggers agree on {agreed} of the images; the votes of half of "
                f"them have {np.median(bits):.2f} bits of entropy or less."
            ),
        ),
    )


def _unknown(categories: tuple[str, ...], votes: Array) -> list[str]:
    names = {"unknown": "Unknown", "NF": "NF (no face)"}
    return [
        f"{names[category]} has a vote or more on "
        f"{counted(int((votes[:, place] > 0).sum()), 'image')}, and most votes on "
        f"{number(int((votes.argmax(axis=1) == place).sum()))}."
        for place, category in enumerate(categories)
        if category in names
    ]


def _entropy(bits: Array, categories: int) -> Chart:
    top = float(np.ceil(4 * bits.max()) / 4) or 1.0
    low, middle, high = np.percentile(bits, (5, 50, 95))
    return Chart(
        name="vote-entropy",
        caption="Entropy of an image's votes: 0 where all taggers agree, "
        f"{np.log2(categories):.2f} where they spread over all {categories}.",
        alt=f"Histogram: median {middle:.2f} bits; nine in ten images lie between "
        f"{low:.2f} and {high:.2f}.",
        png=histogram(
            bits,
            np.linspace(0, top, 31),
            label="entropy (bits)",
            median=f"median {middle:.2f}",
        ),
    )


Means = list[tuple[str, int, Array]]


def _means(material: Material, votes: Array) -> Means:
    """Averages the votes of all images, and of each class's."""
    means: Means = [("all", len(votes), votes.mean(axis=0))]
    for level in levels(material.table)[:1]:
        for place, name in enumerate(level.classes):
            mine = votes[level.codes == place]
            means.append((name, len(mine), mine.mean(axis=0)))
    return means


def _matrix(categories: tuple[str, ...], means: Means) -> Chart:
    values = np.stack([mean for _, _, mean in means])
    told = "; ".join(
        f"{name}: "
        + ", ".join(f"{categories[at]} {mean[at]:.1f}" for at in np.argsort(-mean)[:3])
        for name, _, mean in means
    )
    return Chart(
        name="votes-by-class",
        caption="Mean votes for each category (columns) on the images whose most "
        "votes are for the row's emotion.",
        alt=f"Matrix of mean votes, the highest: {told}.",
        png=matrix(
            values,
            [[f"{value:.1f}" for value in line] for line in values],
            rows=[f"{name}  n={number(n)}" for name, n, _ in means],
            columns=categories,
            scale=Scale(colours=SEQUENTIAL, low=0, high=float(values.max()) or 1.0),
        ),
        wide=True,
    )


def _table(categories: tuple[str, ...], means: Means) -> Table:
    return Table(
        caption="Mean votes on an image",
        columns=("images", "number", *categories),
        rows=tuple(
            (name, number(n), *(f"{value:.2f}" for value in mean))
            for name, n, mean in means
        ),
    )


def _rules(votes: Array) -> Table:
    """Counts what each rule of ``[data] labels`` keeps."""
    kept = {rule: int(distributions(votes, rule)[1].sum()) for rule in RULES}
    return Table(
        open=True,
        caption="Images that each rule of [data] labels keeps",
        columns=("rule", "images", "share"),
        rows=tuple(
            (rule, number(n), percent(n / len(votes))) for rule, n in kept.items()
        ),
    )
