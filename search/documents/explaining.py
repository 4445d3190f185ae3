"""Explains a run's model on invented people, for its report."""

from data_pipeline.system.errors import RunError
from data_pipeline.system.workers import usable_cores
from models.explanation.dose.files import write_responses
from models.explanation.synthetic import explain_on_synthetic
from models.inference.sidecar import read_sidecar
from search.final.sidecar import MODEL
from search.report_page.sections.explanation import FOLDER, SHEET
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
        for name, picture in found.sheets.items():
            (to / SHEET.format(name)).write_bytes(picture)
