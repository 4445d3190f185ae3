"""What several seeds of one configuration have in common."""

from types import SimpleNamespace

import pytest

from data_pipeline.system.errors import RunError
from search.inputs.run import Run
from search.pipeline.seed_scores import (
    SCORES,
    describe_summary,
    keep_scores,
    kept_scores,
    summarize,
)
from search.run_folder import RunFolder
from search.trial.messages import CrossValidated

FOUND = CrossValidated(value=0.5, scores={"emotion.macro_f1": 0.25})


def run_of(folder, *, folds=5, fingerprint="a"):
    """Makes a run of these data."""
    split = SimpleNamespace(folds=range(folds), hold_out=SimpleNamespace(key="held"))
    data = SimpleNamespace(fingerprint=fingerprint, split=split, synthetic=True)
    return Run(study=None, data=data, folder=RunFolder(out=folder, name="seed-1"))


@pytest.fixture
def run(tmp_path):
    """A run with a folder."""
    run = run_of(tmp_path)
    run.folder.make()
    return run


def test_scores_are_kept_for_their_configuration_and_data(run, tmp_path):
    """What was kept is read again; for other data or another text there is none."""
    assert kept_scores(run, "text") is None
    kept = keep_scores(run, "text", FOUND)
    assert kept_scores(run, "text") == kept
    assert (kept.value, kept.scores) == (FOUND.value, FOUND.scores)
    assert kept_scores(run, "other") is None
    assert kept_scores(run_of(tmp_path, fingerprint="b"), "text") is None


def test_a_damaged_file_is_refused(run):
    """A file that cannot be read is one message with its name."""
    run.folder.file(SCORES).write_text("{")
    with pytest.raises(RunError, match=r"scores\.json.*move it away"):
        kept_scores(run, "text")


def summary_of(run, *seeds):
    """Summarizes some values and scores."""
    origin = SimpleNamespace(study="tiny", trial=3, epoch=2)
    kept = [
        keep_scores(run, str(seed), CrossValidated(value=value, scores=scores))
        for seed, (value, scores) in enumerate(seeds)
    ]
    return summarize(run, SimpleNamespace(origin=origin), kept)


def test_mean_and_deviation_by_hand(run):
    """The deviation is that of a sample; an undefined score is not averaged."""
    f1 = "emotion.macro_f1"
    found = summary_of(
        run, (0.4, {f1: 0.5, "emotion.mcc": 0.1}), (0.6, {f1: 0.5}), (0.8, {f1: 0.8})
    )
    assert found["mean"] == pytest.approx({"value": 0.6, f1: 0.6})
    assert found["deviation"] == pytest.approx({"value": 0.2, f1: 0.03**0.5})
    assert found["seeds"]["1"]["scores"]["emotion.mcc"] == 0.1
    assert (found["folds"], found["trial"], found["synthetic"]) == (5, 3, True)


def test_summary_in_words(run):
    """Each metric of the objective has mean, deviation and range on a line."""
    found = summary_of(run, (0.5, {"emotion.macro_f1": 0.25}), (0.7, {}))
    assert list(describe_summary(found, ["emotion.macro_f1"])) == [
        "2 seeds, scores of 5 folds pooled (selected on them: trial 3, not corrected)",
        "          mean  deviation  lowest  highest",
        "  value  0.600      0.141   0.500    0.700",
    ]
    assert next(describe_summary(found | {"folds": 1}, [])).startswith(
        "2 seeds, scores of the validation part"
    )
