"""A run's report explains its model on invented people alone."""

import pytest

from data_pipeline.system.errors import RunError
from models.explanation.dose.files import CHANGES, CURVES, TABLE
from search.documents.explaining import explain_model
from search.report_page.sections.explanation import FOLDER
from search.run_folder import RunFolder
from tests.factories.exported_model import exported


@pytest.mark.slow
def test_a_model_is_explained_without_data(tmp_path):
    """Beside the model lie charts, their table and maps of three expressions."""
    folder = RunFolder(out=tmp_path, name="tiny")
    folder.make()
    exported(folder.path)
    explain_model(folder)
    sheets = (f"invented_{name}.png" for name in ("happiness", "sadness", "surprise"))
    found = {path.name for path in folder.file(FOLDER).iterdir()}
    assert found == {CHANGES, CURVES, TABLE, *sheets}


def test_a_run_without_a_model_is_refused(tmp_path):
    """What is missing is named, and nothing is written."""
    folder = RunFolder(out=tmp_path, name="tiny")
    folder.make()
    with pytest.raises(RunError, match=r'no model\.keras.*until "retrain"'):
        explain_model(folder)
    assert list(folder.path.iterdir()) == []
