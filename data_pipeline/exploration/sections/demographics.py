"""Who the subjects are, and whether emotions differ between groups."""

import pandas as pd

from data_pipeline.demographics.groups import LEAST, Groups, groups, ordered
from data_pipeline.demographics.table import Demographics
from data_pipeline.exploration.demographics import Association, associate
from data_pipeline.exploration.labelled import Level, levels
from data_pipeline.exploration.material import Material
from data_pipeline.pages.bar_charts import bars
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import coefficient, counted, percent

_HOW_TO_READ = (
    f"A group of fewer than {LEAST} subjects is not shown, nor another that would let "
    "it be computed. Cramer's V is 0 where groups show the same emotions and 1 where "
    "the group decides the emotion, here corrected for bias (Bergsma 2013) and plain. "
    "By chance: the corrected V stays below this value in 95 of 100 random exchanges "
    "of the groups between subjects. Images of one person are alike; a test that "
    "ignores it finds too much."
)
_LINKS = ("V corrected", "by chance", "V plain", "images", "subjects")


def section(material: Material) -> Section:
    """Counts groups, without the small ones, and relates them to emotions."""
    people = material.demographics
    if people is None:
        raise NoDataError("no --demographics FILE.csv was given")
    if not material.subjects:
        raise NoDataError("the data name no subjects")
    if not people.people:
        raise NoDataError("the demographics name none of the subjects shown here")
    charts: list[Chart] = []
    tables: list[Table] = []
    links: dict[str, tuple[str | int, ...]] = {}
    paragraphs = [_coverage(material, people), _HOW_TO_READ]
    for attribute in people.attributes:
        parted = groups(people, attribute)
        if not parted.sizes:
            paragraphs.append(
                f"Every {attribute} group has fewer than {LEAST} subjects."
            )
            continue
        charts.append(_chart(parted))
        tables.append(_counts(parted))
        for level in levels(material.table):
            link = associate(material.table, people, parted, level)
            if link is not None:
                tables.append(_shares(link, parted, level))
                links[f"{attribute} and {level.title}"] = _strength(link)
    summary = Table(
        open=True,
        caption="Do emotions differ between groups?",
        frame=pd.DataFrame.from_dict(links, orient="index", columns=list(_LINKS)),
    )
    return Section(
        paragraphs=tuple(paragraphs),
        charts=tuple(charts),
        tables=(*((summary,) if links else ()), *tables),
    )


def _coverage(material: Material, people: Demographics) -> str:
    missing = len(material.subjects) - len(people.people)
    return (
        f"The table has {len(people.people):,} of the "
        f"{counted(len(material.subjects), 'subject')} shown here; {missing:,} have no "
        f"row. Rows of subjects not in the data: {material.strangers:,}. Held-out "
        "subjects are not counted."
    )


def _sizes(parted: Groups) -> dict[str, int]:
    """Returns the groups with their sizes, in order."""
    return {name: parted.sizes[name] for name in ordered(parted)}


def _chart(parted: Groups) -> Chart:
    sizes = _sizes(parted)
    listing = ", ".join(f"{name} {size}" for name, size in sizes.items())
    return Chart(
        name=f"subjects-by-{parted.attribute}",
        caption=f"Subjects by {parted.attribute}"
        f"{'; small groups are left out' if parted.withheld else ''}.",
        alt=f"Bars, subjects by {parted.attribute}: {listing}.",
        png=bars(pd.DataFrame({"subjects": sizes})),
    )


def _counts(parted: Groups) -> Table:
    small = dict.fromkeys(parted.withheld, f"fewer than {LEAST}, or withheld")
    frame = pd.DataFrame({"subjects": _sizes(parted) | small}, dtype=object)
    return Table(
        caption=f"Subjects by {parted.attribute}",
        frame=frame.rename_axis(parted.attribute),
    )


def _strength(link: Association) -> tuple[str | int, ...]:
    values = map(coefficient, (link.corrected, link.chance, link.plain))
    return *values, int(link.table.sum()), link.subjects


def _shares(link: Association, parted: Groups, level: Level) -> Table:
    names = pd.Index(parted.sizes, name=parted.attribute)
    counts = pd.DataFrame(link.table, index=names, columns=level.classes)
    shares = counts.div(counts.sum(axis=1), axis=0).map(percent)
    shares.insert(0, "images", counts.sum(axis=1))
    return Table(
        caption=f"{level.title.capitalize()} by {parted.attribute}: share of the "
        "group's images",
        frame=shares,
    )
