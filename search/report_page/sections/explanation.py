"""What the model responds to and where it looks, on invented people, if computed."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from data_pipeline.pages.section import Chart, NoDataError, Section
from data_pipeline.pages.wording import counted
from models.explanation.dose.files import CHANGES, CURVES, TABLE
from models.explanation.explanation import CELLS
from search.report_page.material import Material
from search.report_page.sections.record.commands import explaining, names_of

FOLDER = "explanation"
"""Where ``models.explain`` writes by default, beside the model."""

SHEET = "invented_{}.png"
"""Maps of an invented face that shows an expression."""

MAPS = "invented_maps.csv"
"""The numbers of these maps, and of the outputs."""

CAPTIONS = {
    CHANGES: (
        "How much each output, a column, moves when one action unit of an invented "
        "face, a row, goes from absent to its maximum; ! marks what should not move: "
        "the model confuses it with the unit."
    ),
    CURVES: "The responses step by step.",
}


INVENTED = """
These faces were rendered: they are nobody's, and in no training data. A model of
photographs may react to them less, or not at all."""


def section(material: Material) -> Section:
    """Shows the responses to single action units of synthetic faces, and maps.

    Pictures of other faces are not on the page: they may show people.
    """
    folder = material.folder.file(FOLDER)
    if not (folder / TABLE).is_file():
        raise NoDataError(
            f"not computed; python -m {explaining(names_of(material))} does so, on "
            "invented faces"
        )
    rows = len(pd.read_csv(folder / TABLE))
    charts = [
        _chart(folder / name, caption, rows)
        for name, caption in CAPTIONS.items()
        if (folder / name).is_file()
    ]
    return Section(
        paragraphs=(INVENTED,),
        charts=(*charts, *_sheets(folder)),
        files=tuple(f"{FOLDER}/{name}" for name in _tables(folder)),
    )


def _tables(folder: Path) -> Iterator[str]:
    """Yields the tables that are there; older explanations lack that of maps."""
    return (name for name in (TABLE, MAPS) if (folder / name).is_file())


def _sheets(folder: Path) -> Iterator[Chart]:
    """Yields the maps of each expression."""
    for path in sorted(folder.glob(SHEET.format("*"))):
        what = path.stem.removeprefix(SHEET.partition("{")[0])
        caption = f"Where the model looks: an invented face that shows {what}"
        yield Chart(
            name=path.stem.replace("_", "-"),
            caption=f"{caption}, and a map for each output.",
            alt=f"{caption}; one small picture for each output, with its value. "
            f"{MAPS} has the value, and the map in {CELLS} x {CELLS} cells.",
            png=path.read_bytes(),
            wide=True,
            photo=True,
        )


def _chart(path: Path, caption: str, rows: int) -> Chart:
    return Chart(
        name=path.stem.replace("_", "-"),
        caption=caption,
        alt=f"{caption} {counted(rows, 'row')} of {TABLE} have the numbers.",
        png=path.read_bytes(),
        wide=True,
    )
