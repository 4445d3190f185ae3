"""Explains a run's model on invented people, for its report."""

from collections.abc import Mapping
from pathlib import Path

from data_pipeline.files.csv_writer import CsvTable
from data_pipeline.system.errors import RunError
from data_pipeline.system.workers import usable_cores
from models.explanation.dose.files import write_responses
from models.explanation.explanation import COLUMNS, Explanation
from models.explanation.sheet import png, sheet
from models.explanation.synthetic import explain_on_synthetic
from models.inference.sidecar import read_sidecar
from search.final.sidecar import MODEL
from search.report_page.sections.explanation import FOLDER, MAPS, SHEET
from search.run_folder import RunFolder, named_errors


def explain_model(folder: RunFolder) -> None:
    """Writes charts of what the model responds to, and maps of where it looks.

    No data are read, and no real face is in the pictures.

    Raises:
        ModelError: the model cannot be loaded.
        RunError: the run has no model, or a file cannot be written.
    """
    model, to = folder.file(MODEL), folder.file(FOLDER)
    if not model.is_file():
        raise RunError(
            f"{folder.path}: has no {MODEL}, which --explain needs; run the study "
            'until "retrain"'
        )
    found = explain_on_synthetic(model, read_sidecar(model), cpus=usable_cores())
    with named_errors(to):
        to.mkdir(exist_ok=True)
        write_responses(found.responses, to)
        for name, face in found.faces.items():
            (to / SHEET.format(name)).write_bytes(png(sheet(face, name)))
        _write_maps(found.faces, to / MAPS)


def _write_maps(faces: Mapping[str, Explanation], path: Path) -> None:
    """Writes what the maps show as numbers, each summed up in a few cells."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = CsvTable(file, COLUMNS)
        for name, face in faces.items():
            for row in face.rows(name):
                table.add(row)
