"""CK+48 from the folder to the one test: synthetic frames, searched and checked."""

import json

import pytest

from data_pipeline import check
from tests.factories.data.synthetic_faces import write_synthetic_ck48
from tests.factories.runs import STUDY, run_main, searched, write_study

pytestmark = pytest.mark.slow

CK48_STUDY = (
    STUDY.replace('["emotion", "action_units"]', '["emotion"]\nemotions = "basic"')
    .replace('"action_units.mean_auc" = 0.5\n', "")
    .replace("trials = 2", "trials = 1")
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Gives a drawn CK+48."""
    return write_synthetic_ck48(tmp_path_factory.mktemp("ck48"))


def test_run(root, tmp_path):
    """A search on CK+48 ends with seven emotions tested on unseen subjects."""
    study = write_study(tmp_path, text=CK48_STUDY)
    answer = searched(study, root, tmp_path / "runs")
    assert (answer.code, answer.err) == (0, "")
    run = tmp_path / "runs" / "tiny-synthetic"
    report = json.loads((run / "holdout.json").read_text())
    assert report["guarantee"] == "subject"
    assert report["images"] % 3 == 0
    assert len(report["emotion"]["confusion"]["labels"]) == 7
    assert (run / "model.keras").is_file()


def test_check(root, tmp_path):
    """The check of CK+48 finds no leak: frames that are alike are in one part."""
    study = write_study(tmp_path, text=CK48_STUDY)
    answer = run_main(check.main, "--study", str(study), "--data", str(root))
    assert (answer.code, answer.err) == (0, "")
    assert "read as ckplus48, SYNTHETIC faces" in answer.out


def test_no_action_units(root, tmp_path):
    """A study with action units is refused, because CK+48 has none."""
    answer = searched(write_study(tmp_path), root, tmp_path / "runs")
    assert answer.code == 2
    assert 'targets = ["emotion"]' in answer.err
