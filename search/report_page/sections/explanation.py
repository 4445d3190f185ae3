"""What the model responds to: the charts of ``models.explain``, if they are there."""

import shlex
from pathlib import Path

import pandas as pd

from data_pipeline.pages.section import Chart, NoDataError, Section
from data_pipeline.pages.wording import counted
from models.explanation.dose.files import CHANGES, CURVES, TABLE
from search.final.sidecar import MODEL
from search.report_page.material import Material

FOLDER = "explanation"
"""Where ``models.explain`` writes by default, beside the model."""

CAPTIONS = {
    CHANGES: (
        "How much each output moves when one action unit of an invented face goes from "
        "absent to its maximum. Rows beside the varied unit that move show what the "
        "model confuses with it."
    ),
    CURVES: "The responses step by step.",
}


def section(material: Material) -> Section:
    """Shows the responses to single action units of synthetic faces.

    Pictures of faces are not on the page: they may show people.
    """
    folder = material.folder.file(FOLDER)
    if not (folder / TABLE).is_file():
        model = shlex.quote(str(material.folder.file(MODEL)))
        raise NoDataError(
            "not computed; python -m models.explain --model "
            f"{model} --dose-response writes it, and search.report shows it then"
        )
    rows = len(pd.read_csv(folder / TABLE))
    return Section(
        charts=tuple(
            _chart(folder / name, caption, rows)
            for name, caption in CAPTIONS.items()
            if (folder / name).is_file()
        ),
        files=(f"{FOLDER}/{TABLE}",),
    )


def _chart(path: Path, caption: str, rows: int) -> Chart:
    return Chart(
        name=path.stem.replace("_", "-"),
        caption=caption,
        alt=f"{caption} {counted(rows, 'row')} of {TABLE} have the numbers.",
        png=path.read_bytes(),
        wide=True,
    )
