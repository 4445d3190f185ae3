"""Who the subjects are, and whether the groups show other emotions."""

import math

import numpy as np

from data_pipeline.exploration.charts.bars import bars
from data_pipeline.exploration.demographics import (
    BANDS,
    LEAST,
    Association,
    Demographics,
    Group,
    Groups,
    associate,
    groups,
)
from data_pipeline.exploration.labelled import Array, Level, levels
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import coefficient, counted, number, percent

TITLE = "Who the subjects are"
_AGES = [name for _, name in BANDS]


def section(material: Material) -> Section | Absent:
    """Counts groups, without the small ones, and relates them to emotions."""
    found = material.demographics
    if found is None:
        return Absent(title=TITLE, reason="no --demographics FILE.csv was given")
    if not material.subjects:
        return Absent(title=TITLE, reason="the data name no subjects")
    if not found.people:
        return Absent(
            title=TITLE, reason="the demographics name none of the subjects shown here"
        )
    charts: list[Chart] = []
    tables: list[Table] = []
    links: list[tuple[str, ...]] = []
    said = list(_said(material, found))
    for attribute in found.attributes:
        parted = groups(found, attribute)
        if not parted.shown:
            said.append(f"Every {attribute} group has fewer than {LEAST} subjects.")
            continue
        charts.append(_chart(parted))
        tables.append(_counts(parted))
        for level in levels(material.table):
            link = associate(material.table, found, parted, level)
            if link is not None:
                tables.append(_shares(link, level))
                links.append(_told(link, level))
    return Section(
        title=TITLE,
        said=tuple(said),
        charts=tuple(charts),
        tables=(*([_links(links)] if links else []), *tables),
    )


def _said(material: Material, found: Demographics) -> tuple[str, ...]:
    missing = len(material.subjects) - len(found.people)
    return (
        (
            f"The table has {number(len(found.people))} of the "
            f"{counted(len(material.subjects), 'subject')} shown here; "
            f"{number(missing)} have no row. Rows that name nobody in the data: "
            f"{number(material.strangers)}. Subjects held out are not counted."
        ),
        (
            f"A group of fewer than {LEAST} subjects is not shown, nor another that "
            "would let it be computed. Cramer's V is 0 where groups show the same "
            "emotions and 1 where the group decides the emotion, here corrected for "
            "bias (Bergsma 2013) and plain. By chance is what the corrected V stays "
            "below in 95 of 100 random exchanges of the groups between subjects: "
            "images of one person are alike, and who ignores that finds too much."
        ),
    )


def _order(group: Group) -> tuple[int, int, str]:
    age = _AGES.index(group.name) if group.name in _AGES else -1
    return age, -group.subjects, group.name


def _chart(parted: Groups) -> Chart:
    inside = sorted(parted.shown, key=_order)
    told = ", ".join(f"{group.name} {group.subjects}" for group in inside)
    return Chart(
        name=f"subjects-by-{parted.attribute}",
        caption=f"Subjects by {parted.attribute}"
        f"{'; small groups are left out' if parted.withheld else ''}.",
        alt=f"Bars, subjects by {parted.attribute}: {told}.",
        png=bars(
            [group.name for group in inside],
            [group.subjects for group in inside],
            [number(group.subjects) for group in inside],
        ),
    )


def _counts(parted: Groups) -> Table:
    small = f"fewer than {LEAST}, or withheld"
    return Table(
        caption=f"Subjects by {parted.attribute}",
        columns=(parted.attribute, "subjects"),
        rows=(
            *((g.name, number(g.subjects)) for g in sorted(parted.shown, key=_order)),
            *((name, small) for name in parted.withheld),
        ),
    )


def _told(link: Association, level: Level) -> tuple[str, ...]:
    values = (link.corrected, link.chance, link.plain)
    return (
        f"{link.attribute} and {level.title}",
        *map(coefficient, values),
        number(link.images),
        number(link.subjects),
    )


def _links(rows: list[tuple[str, ...]]) -> Table:
    return Table(
        open=True,
        caption="Do groups show other emotions?",
        columns=("", "V corrected", "by chance", "V plain", "images", "subjects"),
        rows=tuple(rows),
    )


def _shares(link: Association, level: Level) -> Table:
    totals = link.table.sum(axis=1)
    return Table(
        caption=f"{level.title.capitalize()} by {link.attribute}: share of the group's "
        "images",
        columns=(link.attribute, "images", *level.classes),
        rows=tuple(
            (name, number(int(total)), *map(percent, _row(line, total)))
            for name, line, total in zip(link.groups, link.table, totals, strict=True)
        ),
    )


def _row(line: Array, total: int) -> list[float]:
    return list(np.asarray(line / total)) if total else [math.nan] * len(line)
