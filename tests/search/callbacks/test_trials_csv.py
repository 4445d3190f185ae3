"""Tables of trials: golden headers, and a row for every trial that was begun."""

import csv
import io
from dataclasses import replace

import pytest

from models.config.hyperparameters import HYPERPARAMETERS
from search.callbacks.trials_csv import (
    FULL,
    ROWS_A_TRIAL,
    TrialsCsvWriter,
    trials_csv,
)
from search.run_folder import RunFolder
from search.trial.generalization_gap import classify_fit
from search.trial.messages import Spent, complete_outcome
from tests.factories.ledger import begin, complete, fail, prune, report, small
from tests.factories.runs import table

GOLDEN = (
    "number,state,reason,value,enqueued,backbone.name,backbone.blocks,"
    "backbone.filters,backbone.image_size,backbone.weights,backbone.normalization,"
    "head.pooling,head.dense_units,head.dropout,regularization.l1,"
    "regularization.l2,training.epochs,training.patience,training.batch_size,"
    "training.optimizer,training.learning_rate,training.schedule,"
    "training.warmup_epochs,training.step_epochs,training.step_factor,"
    "training.plateau_patience,training.plateau_factor,training.weight_decay,"
    "training.momentum,training.nesterov,training.clip_norm,training.ema,"
    "training.sam_rho,training.precision,finetune.stage,finetune.copies,"
    "finetune.frozen_epochs,finetune.learning_rate,finetune.blocks,"
    "finetune.batch_norm,loss.emotion,loss.action_units,"
    "loss.action_unit_intensities,loss.valence_arousal,"
    "loss.au_weight,loss.au_intensity_weight,loss.intensity,"
    "loss.valence_arousal_weight,loss.ccc_share,"
    "loss.label_smoothing,loss.focal_gamma,balance,balance.beta,"
    "augmentation.preset,augmentation.strength,augmentation.probability,"
    "augmentation.flip,augmentation.rotation,augmentation.scale,augmentation.shift,"
    "augmentation.crop,augmentation.skew,augmentation.brightness,"
    "augmentation.contrast,augmentation.erasing,augmentation.mixup,epochs,"
    "model_parameters,model_bytes,latency_ms,seconds_sampled,seconds_waited,"
    "seconds_built,seconds_traced,"
    "seconds_trained,seconds_validated,trained_value,gap,diagnosis,device_memory"
)


def rows(records, searched=None):
    """Reads a table back."""
    return list(csv.DictReader(io.StringIO(trials_csv(records, searched))))


def test_golden_header():
    """The header is what people's scripts rely on; a change is made on purpose."""
    assert trials_csv([]) == f"{GOLDEN}\n"
    assert set(HYPERPARAMETERS) < set(FULL)
    assert len(set(FULL)) == len(FULL)


def test_searched_settings_stand_first(tmp_path):
    """The short table has the searched keys first, no fixed one, and no name twice."""
    study = small()
    keys = [parameter.key for parameter in study.space.parameters]
    writer = TrialsCsvWriter(RunFolder(out=tmp_path, name="run"), keys)
    (tmp_path / "run").mkdir()
    ledger = begin(tmp_path, study, callbacks=[writer])
    request = ledger.ask()
    ledger.tell(request.number, complete(0.5))
    (row,) = table(tmp_path / "run", "trials.csv")
    names = list(row)
    assert names[:3] == ["number", "state", "value"]
    assert names[3 : 3 + len(keys)] == keys
    assert "training.epochs" not in names, "it is fixed, and in study.toml"
    assert len(set(names)) == len(names)
    (full,) = table(tmp_path / "run")
    assert row.items() <= full.items()
    assert full["training.epochs"] == "3"


def test_rows(tmp_path):
    """Each trial has a row with its end, its settings and its costs."""
    ledger = begin(tmp_path, small(('"random"', '"qmc"')))
    spent = Spent(epochs=3, parameters=900, built=1.25, traced=2.0, trained=3.00049)
    gap = classify_fit(0.625, trained=0.9, baseline=0.25)
    completed = replace(complete(0.625), gap=gap)
    done = complete_outcome(completed, None, sampled=0.5, waited=0.125)
    stopped = classify_fit(0.5, trained=0.5, baseline=0.25)
    last = replace(report(3, 0.5), spent=spent, gap=stopped)
    requests = [ledger.ask() for _ in range(4)]
    ledger.tell(0, done)
    ledger.tell(1, complete_outcome(prune(), last, sampled=0.0, waited=0.0))
    ledger.tell(
        2, complete_outcome(fail('a "quoted", reason'), last, sampled=0.0, waited=0.0)
    )
    found = rows(ledger.records())
    assert [row["number"] for row in found] == ["0", "1", "2", "3"]
    states = [row["state"] for row in found]
    assert states == ["COMPLETE", "PRUNED", "FAIL", "RUNNING"]
    assert [row["reason"] for row in found] == ["", "pruner", 'a "quoted", reason', ""]
    assert [row["value"] for row in found] == ["0.625", "", "", ""]
    assert [row["epochs"] for row in found] == ["3", "1", "3", "0"]
    gaps = [(row["trained_value"], row["gap"], row["diagnosis"]) for row in found]
    assert gaps == [
        ("0.9", "0.275", "over-fitting"),
        ("0.5", "0.0", "balanced"),
        ("", "", ""),
        ("", "", ""),
    ]
    assert (found[0]["seconds_sampled"], found[0]["seconds_waited"]) == ("0.5", "0.125")
    assert found[2]["model_parameters"] == "900"
    assert found[2]["seconds_trained"] == "3.0"
    for row, trial in zip(found, requests, strict=True):
        rate = float(row["training.learning_rate"])
        assert rate == trial.values["training.learning_rate"]
        decay = row["training.weight_decay"]
        assert (decay == "") == ("training.weight_decay" not in trial.values)
        assert row["training.epochs"] == "3"
        assert row["backbone.name"] == "residual_cnn"


@pytest.mark.parametrize("reason", ["=1+1", "+1+x", "-x", "@x", "\t=1", "\x1b[31mred"])
def test_no_cell_is_a_formula_or_colours_a_terminal(tmp_path, reason):
    """What a trial's error says is text in a spreadsheet and in a terminal."""
    ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, fail(reason))
    for searched in (None, ["training.learning_rate"]):
        (row,) = rows(ledger.records(), searched)
        assert row["reason"][0] in "'\\"
        assert "\x1b" not in row["reason"]


def test_memory_on_a_gpu(tmp_path):
    """The table has the bytes that a trial's worker has held on its GPU."""
    ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, replace(prune(), spent=Spent(device_memory=5000)))
    ledger.ask()
    first, second = rows(ledger.records())
    assert (first["device_memory"], second["device_memory"]) == ("5000", "0")


def test_interrupted_trials_are_listed(tmp_path):
    """A trial that a crash interrupted is listed as interrupted."""
    ledger = begin(tmp_path)
    ledger.ask()
    ledger.close()
    (row,) = rows(ledger.records())
    assert (row["state"], row["reason"]) == ("FAIL", "interrupted")


MANY = small(("trials = 4", "trials = 100"))


def finish(ledger, outcome=None):
    """Begins a trial and ends it."""
    number = ledger.ask().number
    ledger.tell(number, outcome or complete(0.5))


def numbers(folder, name="trials.csv"):
    """Lists the trials of a table in its order."""
    return [int(row["number"]) for row in table(folder, name)]


def test_a_row_of_each_trial_that_ended(tmp_path):
    """After every end both files have all ended trials once; a kill loses none.

    In the end they are in order, as the whole table is.
    """
    folder = RunFolder(out=tmp_path, name="run")
    folder.make()
    ledger = begin(tmp_path, MANY, callbacks=[TrialsCsvWriter(folder, [])])
    waiting = []
    for ended in range(1, 46):
        finish(ledger)
        for name in ("trials.csv", "trials_full.csv"):
            found = numbers(folder.path, name)
            assert len(found) == len(set(found)) == ended
        if ended % 15 == 0:
            waiting.append(ledger.ask().number)
    for number in reversed(waiting[1:]):
        ledger.tell(number, prune())
        assert number in numbers(folder.path)
    ledger.close()
    assert numbers(folder.path) == sorted(numbers(folder.path))
    assert (folder.path / "trials_full.csv").read_text() == trials_csv(ledger.records())
    states = {int(r["number"]): r["reason"] for r in table(folder.path)}
    assert states[waiting[0]] == "interrupted"


def test_a_long_search_reads_few_trials_for_each(tmp_path):
    """How many trials are read for one that ends does not grow with their number."""
    folder = RunFolder(out=tmp_path, name="run")
    folder.make()
    writer, read = TrialsCsvWriter(folder, []), []
    (record,) = _ended(tmp_path)

    def records(*numbers):
        found = [replace(record, number=n) for n in numbers or range(ended + 1)]
        read.append(len(found))
        return found

    writer.on_search_start(records)
    for ended in range(120):
        writer.on_trial_end(ended, complete(0.5), None)
    assert sum(read[-60:]) < 60 * 2 * ROWS_A_TRIAL
    assert sorted(numbers(folder.path)) == list(range(120))


def _ended(tmp_path):
    """Reads one trial that has ended."""
    ledger = begin(tmp_path)
    finish(ledger)
    return ledger.records()


def test_a_file_that_others_changed_is_written_anew(tmp_path):
    """A table that was removed or edited has every row again after the next trial."""
    folder = RunFolder(out=tmp_path, name="run")
    folder.make()
    ledger = begin(tmp_path, MANY, callbacks=[TrialsCsvWriter(folder, [])])
    for _ in range(24):
        finish(ledger)
    (folder.path / "trials.csv").unlink()
    finish(ledger)
    assert numbers(folder.path) == list(range(25))
    (folder.path / "trials.csv").write_text("number\n")
    finish(ledger)
    assert numbers(folder.path) == list(range(26))
    assert numbers(folder.path, "trials_full.csv") == list(range(26))
