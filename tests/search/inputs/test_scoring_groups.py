"""The worst group as an objective: who is in it, and what a run does with it."""

import numpy as np
import pytest

from data_pipeline.demographics.groups import LEAST
from data_pipeline.readers import read
from data_pipeline.system.errors import DataError, StudyError
from models.metrics.predictions import Predictions
from search.inputs.study_data import read_labels
from search.study.study import read_study
from search.trial import worker
from search.trial.objective import score
from tests.factories.runs import STUDY, searched, table, write_study
from tests.fakes.seeded_trainer import SeededTrainer

WORST = '[objective]\nworst_group = "sex"'
TEXT = STUDY.replace("[objective]", WORST)


def people(root, folder, sexes):
    """Writes a table that gives sexes to the subjects in turn; ``None``: no row."""
    subjects = sorted(set(read(root, "ckplus").frame["subject"]))
    cells = zip(
        subjects, np.resize(np.array(sexes, object), len(subjects)), strict=True
    )
    lines = [f"{who},{sex},,\n" for who, sex in cells if sex is not None]
    path = folder / "who.csv"
    path.write_text("subject,sex,age,ethnicity\n" + "".join(lines))
    return path


def labels(tmp_path, root, path, *settings):
    """Reads the labels of a study with this table."""
    settings = (f"data.demographics={path}", *settings)
    study = read_study(str(write_study(tmp_path, "read", TEXT)), settings=settings)
    return read_labels(study, root, synthetic=True)


def test_each_row_has_its_subjects_group(tmp_path, coursework):
    """Rows of unknown people have no group; they stay in the development part."""
    path = people(coursework, tmp_path, [*["f", "m"] * 7, "", None])
    data = labels(tmp_path, coursework, path, "split.hold_out=0.1")
    rows = data.split.development.frame["subject"]
    assert len(data.groups) == len(rows)
    for subject, group in zip(rows, data.groups, strict=True):
        sex = data.demographics.people.get(subject, {"sex": None})["sex"]
        assert group == {"f": 0, "m": 1, None: -1}[sex]
    assert set(data.groups.tolist()) == {-1, 0, 1}
    assert data.demographics.missing > 0


@pytest.mark.parametrize(
    "sexes", [["f"], ["f"] * 19 + ["m"], [""]], ids=["one", "a small one", "none"]
)
def test_too_few_groups_are_refused(tmp_path, coursework, sexes):
    """Two groups of five validated subjects are needed; the message has their sizes."""
    path = people(coursework, tmp_path, sexes)
    with pytest.raises(StudyError) as refused:
        labels(tmp_path, coursework, path)
    message = str(refused.value)
    assert f"each of {LEAST} or more subjects that validate, found " in message
    assert all(word in message for word in ("worst_group", "who.csv", "remove the key"))


def test_without_a_table_it_is_refused(tmp_path, coursework):
    """The study is refused without the key, and its data without the file."""
    study = write_study(tmp_path, text=TEXT)
    with pytest.raises(StudyError, match=r'worst_group: "sex" needs a table'):
        read_study(str(study))
    with pytest.raises(DataError, match=r"missing\.csv: the file cannot be read"):
        labels(tmp_path, coursework, "missing.csv")
    wrong = write_study(tmp_path, text=TEXT.replace('"sex"', '"height"'))
    with pytest.raises(StudyError, match="must be one of sex, age, ethnicity, found"):
        read_study(str(wrong))


def test_a_trial_has_the_value_of_its_worst_group(tmp_path, coursework, monkeypatch):
    """It is that of the kept predictions, and no other table may continue the run."""
    monkeypatch.setattr(worker, "Trainer", SeededTrainer)
    monkeypatch.setattr(SeededTrainer, "highest_dropout", 1.0)
    path = people(coursework, tmp_path, ["f", "m"])
    study = write_study(
        tmp_path, text=TEXT.replace("[split]", f'demographics = "{path}"\n[split]')
    )
    words = (study, coursework, tmp_path / "runs", "--until", "search")
    answer = searched(*words)
    assert (answer.code, answer.err) == (0, ""), answer
    data = labels(tmp_path, coursework, path)
    rows = np.concatenate([fold.validation for fold in data.split.folds])
    targets = data.scoring_targets.take(rows)
    objective = {"emotion.macro_f1": 0.5, "action_units.mean_auc": 0.5}
    folder = tmp_path / "runs" / "tiny-synthetic"
    found = [row for row in table(folder) if row["state"] == "COMPLETE"]
    assert found
    for row in found:
        kept = kept_predictions(folder, int(row["number"]))
        worst = score(targets, kept, objective, data.groups[rows])
        assert worst < score(targets, kept, objective)
        # The value is smoothed over two epochs.
        assert abs(float(row["value"]) - worst) < 0.1
    people(coursework, tmp_path, ["m", "f", "f"])
    answer = searched(*words)
    assert answer.code == 2
    assert "data.groups" in answer.err


def kept_predictions(folder, number):
    """Reads the predictions of a trial, whatever their digest."""
    with np.load(folder / "predictions" / f"trial-{number:04}.npz") as file:
        return Predictions.of(dict(file))
