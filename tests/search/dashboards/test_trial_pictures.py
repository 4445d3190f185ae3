"""The picture of a trial: an artifact that is there before the trial is stored."""

import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from optuna.trial import TrialState
from PIL import Image

from data_pipeline.split.split import Fold
from data_pipeline.system.errors import RunError
from search.dashboards.drawing import draw_trial
from search.dashboards.trial_pictures import TrialPictures
from tests.factories.ledger import begin, complete, fail, inside, prune, report
from tests.strategies.metrics import drawn


@pytest.fixture
def pictures(tmp_path):
    """Pictures of a job of 60 rows in two folds, and their labels' predictions."""
    targets, predictions, _ = drawn(3)
    rows = np.arange(60)
    folds = (
        Fold(train=rows[30:], validation=rows[:30]),
        Fold(train=rows[:30], validation=rows[30:]),
    )
    made = TrialPictures(tmp_path / "artifacts", "emotion.macro_f1")
    made.use(SimpleNamespace(folds=folds, scoring_targets=targets))
    return made, predictions


def artifacts(trial):
    """Lists the artifacts of a trial as Optuna has them."""
    found = trial.system_attrs.items()
    return [json.loads(text) for key, text in found if key.startswith("artifacts:")]


def test_completed_trials_have_a_picture(tmp_path, pictures):
    """It is a PNG of the run's folder, and others have none."""
    made, predictions = pictures
    ledger = begin(tmp_path, callbacks=[made])
    for outcome in (complete(0.5, predictions=predictions), prune(), fail()):
        number = ledger.ask().number
        for epoch in (1, 2):
            ledger.report(number, report(epoch, 0.25 * epoch))
        ledger.tell(number, outcome)
    first, *others = inside(ledger).trials
    (about,) = artifacts(first)
    assert (about["filename"], about["mimetype"]) == ("trial-0000.png", "image/png")
    with Image.open(tmp_path / "artifacts" / about["artifact_id"]) as picture:
        assert (picture.format, picture.width) == ("PNG", 759)
    assert [artifacts(trial) for trial in others] == [[], []]
    assert len(list((tmp_path / "artifacts").iterdir())) == 1


def test_it_is_there_before_the_trial_is_stored(tmp_path, pictures):
    """A trial that is stored as completed has its picture: a kill may come between."""
    made, predictions = pictures
    states = []
    draw = made.attachments

    def attachments(number, outcome):
        states.append(inside(ledger).trials[number].state)
        return draw(number, outcome)

    made.attachments = attachments
    ledger = begin(tmp_path, callbacks=[made])
    ledger.tell(ledger.ask().number, complete(0.5, predictions=predictions))
    assert states == [TrialState.RUNNING]
    assert len(artifacts(inside(ledger).trials[0])) == 1


def test_every_head_has_its_chart():
    """Emotions, action units, intensities and ratings make the picture larger."""
    targets, predictions, _ = drawn(3, rated=True)
    outcome = complete(0.5, predictions=predictions)
    folds = [[(1, 0.25, 0.3), (2, 0.5, None)], [(1, float("nan"), None)]]
    whole = draw_trial("a $title$", folds, outcome, targets)
    curves = draw_trial("a", folds, complete(0.5), targets)
    few, many = (Image.open(io.BytesIO(png)) for png in (curves, whole))
    assert many.width > 1.5 * few.width
    assert many.height > 1.5 * few.height
    assert whole == draw_trial("a $title$", folds, outcome, targets)


def test_a_folder_that_cannot_be_written(tmp_path, pictures):
    """The message names the file and the way out."""
    made, predictions = pictures
    (tmp_path / "artifacts").write_text("a file is in the way")
    ledger = begin(tmp_path, callbacks=[made])
    number = ledger.ask().number
    with pytest.raises(RunError, match=r"artifacts.*cannot be written"):
        ledger.tell(number, complete(0.5, predictions=predictions))
