"""The front of several objectives: trials that no other one dominates."""

from collections.abc import Sequence

import pandas as pd

from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import counted
from search.costs.limits import COSTS
from search.final.front import trials_on_front
from search.report_page.charts.front import FrontPoint, front_chart
from search.report_page.material import Material
from search.run_files import PAGE_NUMBERS
from search.run_folder import TRIALS_FULL


def section(material: Material) -> Section:
    """Shows the completed trials by their objectives, and the front."""
    goals = material.study.goals
    if not goals:
        raise NoDataError("the study has one objective")
    if not material.completed:
        raise NoDataError("no trial has completed")
    front = trials_on_front(material.completed, goals)
    numbers = {record.number for record in front}
    chosen = material.chosen
    frame = pd.DataFrame(
        [[_cell(record.objectives[goal]) for goal in goals] for record in front],
        index=pd.Index([f"trial {record.number}" for record in front], name="front"),
        columns=list(goals),
    )
    text = (
        f"No other trial dominates {len(front)} of "
        f"{counted(len(material.completed), 'completed trial')}: none is better in "
        f"one objective and as good in the others. {_rule(material)}"
    )
    return Section(
        paragraphs=(text,),
        charts=_charts(material, numbers, None if chosen is None else chosen.number),
        tables=(Table(caption="The front (validation)", frame=frame, open=True),),
        files=(PAGE_NUMBERS, TRIALS_FULL),
        numbers={
            "front": sorted(numbers),
            "objectives": {
                str(record.number): dict(record.objectives)
                for record in material.completed
            },
        },
    )


def _cell(value: float) -> str:
    """Writes a metric or a cost, of which large ones have commas.

    Example:
        >>> _cell(0.76967231), _cell(2_000_000.0)
        ('0.769672', '2,000,000')
    """
    return f"{value:,.0f}" if value >= 1000 else f"{value:.6g}"  # noqa: PLR2004


def _rule(material: Material) -> str:
    chosen, choose = material.chosen, material.study.final.choose
    return "" if chosen is None else f'Chosen by "{choose}": trial {chosen.number}.'


def _charts(
    material: Material, front: set[int], chosen: int | None
) -> tuple[Chart, ...]:
    """Draws the first objective against a cost, or else against the second."""
    goals = material.study.goals
    if len(goals) < 2:  # noqa: PLR2004 - a plane needs two
        return ()
    costs = [goal for goal in goals if goal in COSTS]
    x = costs[0] if costs else goals[1]
    y = next(goal for goal in goals if goal != x)
    points = [
        FrontPoint(
            x=record.objectives[x],
            y=record.objectives[y],
            on_front=record.number in front,
            chosen=record.number == chosen,
        )
        for record in material.completed
    ]
    return (
        Chart(
            name="front",
            caption=f"Completed trials by {x} and {y}; the front is blue.",
            alt=_alt(points, x, y),
            png=front_chart(points, x=x, y=y, log=x in COSTS),
        ),
    )


def _alt(points: Sequence[FrontPoint], x: str, y: str) -> str:
    listing = "; ".join(f"{_cell(p.x)} and {p.y:.4f}" for p in points if p.on_front)
    return f"Points; the front as {x} and {y}: {listing}."
