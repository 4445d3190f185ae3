"""A run's report explains its model on invented people alone."""

import csv
from collections import Counter

import pytest

from data_pipeline.system.errors import RunError
from models.explanation.dose.files import CHANGES, CURVES, TABLE
from models.explanation.explanation import CELLS
from models.explanation.outputs import outputs_of
from models.inference.sidecar import read_sidecar
from search.documents.explaining import explain_model
from search.report_page.sections.explanation import FOLDER, MAPS
from search.run_folder import RunFolder
from tests.factories.exported_model import exported


@pytest.mark.slow
def test_a_model_is_explained_without_data(tmp_path):
    """Beside the model lie charts and maps of three expressions, with numbers."""
    folder = RunFolder(out=tmp_path, name="tiny")
    folder.make()
    outputs = outputs_of(read_sidecar(exported(folder.path)))
    explain_model(folder)
    sheets = (f"invented_{name}.png" for name in ("happiness", "sadness", "surprise"))
    found = {path.name for path in folder.file(FOLDER).iterdir()}
    assert found == {CHANGES, CURVES, TABLE, MAPS, *sheets}
    with folder.file(f"{FOLDER}/{MAPS}").open() as file:
        faces = Counter(row["face"] for row in csv.DictReader(file))
    assert len(faces) == 3
    assert set(faces.values()) == {CELLS * len(outputs)}


def test_a_run_without_a_model_is_refused(tmp_path):
    """What is missing is named, and nothing is written."""
    folder = RunFolder(out=tmp_path, name="tiny")
    folder.make()
    with pytest.raises(RunError, match=r'no model\.keras.*until "retrain"'):
        explain_model(folder)
    assert list(folder.path.iterdir()) == []
