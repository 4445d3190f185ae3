"""The exported configuration: written, read back, used as ``[fixed]``; its errors."""

import json
import tomllib
from dataclasses import replace

import pytest

from data_pipeline.system.errors import InputError, RunError, StudyError
from models.calibration.calibration import Calibration, CalibrationFit
from models.config.hyperparameters import HYPERPARAMETERS
from search.final.exported_config import config_text, read_exported
from search.ledger.records import TrialRecord
from search.pipeline.past_runs import export_trial, find_run
from search.study.sections import Final
from search.study.study import check_study, read_study
from tests.factories.ledger import begin, complete, prune, small

STUDY = read_study("ckplus", settings=["training.epochs=5", "data.image_size=48"])
VALUES = {
    "training.epochs": 5,
    "backbone.weights": "none",
    "backbone.name": "resnet50",
    "head.dropout": 0.30000000000000004,
    "training.learning_rate": 1.2345678901234567e-05,
    "training.optimizer": "adamw",
}


FIT = CalibrationFit(
    calibration=Calibration(temperature=1.7, units={"AU12": (0.4, -0.25)}),
    left={"AU1": "3 images with it, of 2 subjects; it needs 20 of 10"},
    nll={"emotion": (0.7, 0.6), "action_units": (0.4, 0.3)},
)


def record(*, thresholds=None, epoch=4, **more):
    """Makes the record of a completed trial."""
    return TrialRecord(
        number=17,
        state="COMPLETE",
        reason="",
        value=0.625,
        values=VALUES,
        curve={},
        attributes={
            "epoch": epoch,
            "thresholds": {"AU1": 0.25, "AU12": 0.5}
            if thresholds is None
            else thresholds,
            **more,
        },
    )


def written(tmp_path, text):
    """Writes a file and returns its path."""
    path = tmp_path / "best.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("thresholds", [None, {}])
@pytest.mark.parametrize("synthetic", [False, True])
def test_round_trip(tmp_path, synthetic, thresholds):
    """A written file reads back: origin, thresholds, data, split and every number."""
    text = config_text(STUDY, record(thresholds=thresholds), synthetic=synthetic)
    read = read_exported(written(tmp_path, text))
    assert read.origin.study == "ckplus"
    assert (read.origin.trial, read.origin.epoch) == (17, 4)
    assert (read.origin.value, read.origin.synthetic) == (0.625, synthetic)
    assert read.thresholds == record(thresholds=thresholds).attributes["thresholds"]
    assert (read.study.data, read.study.split) == (STUDY.data, STUDY.split)
    assert read.study.objective == STUDY.objective
    assert dict(read.study.space.fixed).items() >= VALUES.items()
    assert read.study.stride == 5


@pytest.mark.parametrize("wanted", [True, False])
def test_calibration_is_exported_if_the_study_wants_it(tmp_path, wanted):
    """Its numbers are read back to the bit; thresholds stay those of raw outputs."""
    study = replace(STUDY, final=Final(calibrate=wanted))
    text = config_text(study, record(calibration=FIT.entry()), synthetic=False)
    read = read_exported(written(tmp_path, text))
    found = read.calibration.calibration
    assert found == (FIT.calibration if wanted else Calibration())
    assert read.thresholds == {"AU1": 0.25, "AU12": 0.5}


def test_what_goes_in_comes_out(tmp_path):
    """Exporting a configuration that was read gives the same file."""
    fit = {"calibration": FIT.entry()}
    text = config_text(STUDY, record(**fit), synthetic=False)
    read = read_exported(written(tmp_path, text))
    again = TrialRecord(
        number=read.origin.trial,
        state="COMPLETE",
        reason="",
        value=read.origin.value,
        values=dict(read.study.space.fixed),
        curve={},
        attributes={
            "epoch": read.origin.epoch,
            "thresholds": read.thresholds,
            "calibration": FIT.entry() | read.calibration.calibration.entry(),
        },
    )
    study = check_study(dict(read.study.raw), name=read.study.name, place="again")
    assert config_text(study, again, synthetic=False) == text


def test_complete(tmp_path):
    """Every setting is written, so that new defaults change no old configuration."""
    path = written(tmp_path, config_text(STUDY, record(), synthetic=False))
    fixed = tomllib.loads(path.read_text())["fixed"]
    assert list(fixed) == list(HYPERPARAMETERS)
    assert fixed["backbone.blocks"] == HYPERPARAMETERS["backbone.blocks"].default


def test_fixed_is_a_section_of_a_study_file(tmp_path):
    """The ``[fixed]`` table can be copied into a study file unchanged."""
    text = config_text(STUDY, record(), synthetic=False)
    fixed = text[text.index("[fixed]") : text.index("[thresholds]")]
    head = (
        '[data]\ndataset = "synthetic"\ntargets = ["emotion"]\nimage_size = 32\n'
        '[objective]\n"emotion.macro_f1" = 1\n[search]\ntrials = 1\n'
    )
    study = read_study(str(written(tmp_path, head + fixed)))
    assert dict(study.space.fixed).items() >= VALUES.items()


def test_synthetic_is_stated():
    """A configuration found on synthetic faces states this in its first line."""
    first = config_text(STUDY, record(), synthetic=True).splitlines()[0]
    assert first == "# Trial 17 of study ckplus on SYNTHETIC faces. Train it with"
    assert "SYNTHETIC" not in config_text(STUDY, record(), synthetic=False)


WRONG = {
    "no TOML": ("[fixed]", "[fixed", ["is not a TOML file"]),
    "no origin": ("[origin]", "[other]", ["[origin]", "search.export --study NAME"]),
    "no trial": ("trial = 17\n", "", ["[origin]", "trial", "search.export"]),
    "no number": ("trial = 17", 'trial = "x"', ["[origin]", "trial", "'x'"]),
    "unknown origin": (
        "synthetic = false",
        "synthetic = false\nx = 1",
        ["[origin]", "x"],
    ),
    "unknown section": ("[fixed]", "[fix]", ["[fix]: unknown section", "fixed?"]),
    "unknown key": (
        '"head.dropout"',
        '"head.drop"',
        ['[fixed] "head.drop": unknown key', "did you mean head.dropout?"],
    ),
    "wrong value": (
        '"training.epochs" = 5',
        '"training.epochs" = 0',
        ['[fixed] "training.epochs": must be from 1 to 10000, found 0'],
    ),
    "epoch of zero": ("epoch = 4", "epoch = 0", ["[origin]", "epoch", "0"]),
    "epoch behind the horizon": (
        "epoch = 4",
        "epoch = 6",
        ["[origin] epoch", "found 6", "training.epochs", "5"],
    ),
    "no thresholds": ("AU1 = 0.25", 'AU1 = "x"', ["[thresholds]", "AU1", "'x'"]),
    "threshold above one": ("AU1 = 0.25", "AU1 = 1.5", ["[thresholds]", "AU1", "1.5"]),
    "wrong temperature": (
        "[thresholds]",
        "[calibration]\ntemperature = 0.0\n[thresholds]",
        ["[calibration] temperature", "greater than 0", "found 0.0"],
    ),
    "falling line": (
        "[thresholds]",
        "[calibration]\nunits = {AU1 = [-1.0, 0.5]}\n[thresholds]",
        ["[calibration]", "the slope of AU1 must be above 0"],
    ),
    "a search": (
        "[thresholds]",
        '[space]\n"loss.au_weight" = [1]\n[thresholds]',
        ['[fixed] "loss.au_weight": a key is fixed or searched, not both'],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong(tmp_path, case):
    """A wrong file is refused with its name, key and value, without a traceback."""
    old, new, words = WRONG[case]
    text = config_text(STUDY, record(), synthetic=False)
    assert text.count(old) == 1
    path = written(tmp_path, text.replace(old, new))
    with pytest.raises(StudyError) as refused:
        read_exported(path)
    missing = [w for w in [str(path), *words] if w not in str(refused.value)]
    assert missing == [], str(refused.value)
    assert "pydantic" not in str(refused.value)


def test_nothing_is_searched(tmp_path):
    """A configuration has no ``[space]``, not even for a key that is not fixed."""
    text = config_text(STUDY, record(), synthetic=False).replace(
        'balance = "none"\n', ""
    )
    path = written(tmp_path, text + '\n[space]\nbalance = ["none", "oversample"]\n')
    with pytest.raises(StudyError, match=r"best\.toml: \[space\] is not allowed"):
        read_exported(path)


def test_missing(tmp_path):
    """A missing file is answered with the command that writes one."""
    with pytest.raises(StudyError, match=r"--config .*none\.toml: cannot be read"):
        read_exported(tmp_path / "none.toml")


@pytest.fixture
def out(tmp_path):
    """A folder of runs that holds one run of the small study, on synthetic faces."""
    folder = tmp_path / "runs" / "small-synthetic"
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text(small().text())
    ledger = begin(folder, name="small-synthetic")
    for outcome in (prune(), complete(0.5), complete(0.75), complete(0.75)):
        ledger.tell(ledger.ask().number, outcome)
    return tmp_path / "runs"


@pytest.mark.parametrize("name", ["small", "small-synthetic"])
@pytest.mark.parametrize(("trial", "number"), [(None, 2), (1, 1), (3, 3)])
def test_export(tmp_path, out, name, trial, number):
    """The best trial of a run is exported, of equals the first, or the one named."""
    path = tmp_path / "best.toml"
    assert export_trial(out, name, path, trial=trial, storage=None).number == number
    read = read_exported(path)
    assert (read.origin.trial, read.origin.synthetic) == (number, True)
    assert (read.origin.study, read.thresholds) == ("small", {})


@pytest.mark.parametrize(
    ("compared", "trial", "number", "reason"),
    [
        ([[2, "a"], [3, "b"], [1, "c"]], None, 1, "chosen as smallest_tied; the best"),
        ([[2, "a"], [3, "b"], [1, "c"]], 3, 3, "as asked"),
        ([[2, "a"], [1, "c"]], None, 2, "the best; smallest_tied is chosen when"),
        (None, None, 2, "the best; smallest_tied is chosen when"),
    ],
)
def test_the_chosen_is_exported(tmp_path, out, compared, trial, number, reason):
    """Without a number it is what ``final.choose`` took among the trials there are."""
    folder = out / "small-synthetic"
    text = (
        small().text().replace("[space]", '[final]\nchoose = "smallest_tied"\n[space]')
    )
    (folder / "study.toml").write_text(text)
    if compared is not None:
        entry = {"of": ["smallest_tied", *compared], "best": 2, "chosen": 1}
        (folder / "selection.json").write_text(json.dumps(entry))
    path = tmp_path / "chosen.toml"
    found = export_trial(out, "small", path, trial=trial, storage=None)
    assert found.number == number == read_exported(path).origin.trial
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(
    ("name", "to", "trial", "words"),
    [
        (
            "small-synth",
            "best.toml",
            None,
            ["no run of it", "did you mean small-synthetic?"],
        ),
        ("small", "best.toml", 0, ["--trial 0: only a completed trial", "1, 2, 3"]),
        ("small", "best.toml", 9, ["--trial 9: only a completed trial", "1, 2, 3"]),
        ("small", "there.toml", None, ["there.toml: the file exists"]),
        ("small", "no/best.toml", None, ["the folder", "does not exist; create it"]),
    ],
)
def test_refuses(tmp_path, out, name, to, trial, words):
    """What cannot be exported is refused, and no file is overwritten."""
    (tmp_path / "there.toml").write_text("mine")
    with pytest.raises(InputError) as refused:
        export_trial(out, name, tmp_path / to, trial=trial, storage=None)
    assert [word for word in words if word not in str(refused.value)] == []
    assert (tmp_path / "there.toml").read_text() == "mine"


def test_no_runs(tmp_path):
    """Where there is no run at all, the message states it."""
    with pytest.raises(InputError, match="there are no runs yet"):
        find_run(tmp_path / "runs", "small")


def test_two_runs(out):
    """A run on synthetic faces is never taken for one on real ones."""
    (out / "small").mkdir()
    (out / "small" / "study.toml").write_text(small().text())
    with pytest.raises(
        InputError, match="there are two runs, small and small-synthetic"
    ):
        find_run(out, "small")
    assert find_run(out, "small-synthetic").name == "small-synthetic"


def test_nothing_completed(tmp_path):
    """A run without a completed trial has nothing to export yet."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "study.toml").write_text(small().text())
    begin(folder)
    with pytest.raises(RunError, match="no trial has completed yet"):
        export_trial(tmp_path, "small", tmp_path / "b.toml", trial=None, storage=None)


def test_another_storage(out, tmp_path):
    """A storage without the run is refused with the way out."""
    url = f"sqlite:///{tmp_path / 'other.db'}"
    with pytest.raises(InputError, match=r"there is no such file.*--storage"):
        export_trial(out, "small", tmp_path / "b.toml", trial=None, storage=url)
