"""``trials.csv``: its golden header, and a row for every trial that was begun."""

import csv
import io
from dataclasses import replace

from models.config.hyperparameters import HYPERPARAMETERS
from search.callbacks.trials_csv import HEADER, trials_csv
from search.trial.generalization_gap import classify_fit
from search.trial.messages import Spent, complete_outcome
from tests.factories.ledger import begin, complete, fail, prune, report, small

GOLDEN = (
    "number,state,reason,value,enqueued,backbone.name,backbone.blocks,backbone.filters,"
    "backbone.image_size,backbone.weights,backbone.normalization,head.dense_units,head.dropout,"
    "regularization.l1,regularization.l2,training.epochs,training.patience,"
    "training.batch_size,training.optimizer,training.learning_rate,training.schedule,"
    "training.warmup_epochs,training.step_epochs,training.step_factor,"
    "training.plateau_patience,training.plateau_factor,training.weight_decay,"
    "training.momentum,training.nesterov,training.clip_norm,training.ema,"
    "training.sam_rho,training.precision,"
    "finetune.frozen_epochs,finetune.learning_rate,finetune.blocks,"
    "finetune.batch_norm,loss.au_weight,loss.valence_arousal_weight,loss.ccc_share,"
    "loss.label_smoothing,loss.focal_gamma,balance,balance.beta,augmentation.preset,"
    "augmentation.strength,augmentation.probability,augmentation.flip,"
    "augmentation.rotation,augmentation.scale,augmentation.shift,augmentation.crop,"
    "augmentation.skew,augmentation.brightness,augmentation.contrast,"
    "augmentation.erasing,augmentation.mixup,epochs,backbone,model_parameters,"
    "seconds_sampled,seconds_waited,seconds_built,seconds_traced,seconds_trained,"
    "seconds_validated,trained_value,gap,diagnosis,device_memory"
)


def rows(records):
    """Reads a table back."""
    return list(csv.DictReader(io.StringIO(trials_csv(records))))


def test_golden_header():
    """The header is what people's scripts rely on; a change is made on purpose."""
    assert trials_csv([]) == f"{GOLDEN}\n"
    assert set(HYPERPARAMETERS) < set(HEADER)
    assert len(set(HEADER)) == len(HEADER)


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
    table = rows(ledger.records())
    assert [row["number"] for row in table] == ["0", "1", "2", "3"]
    states = [row["state"] for row in table]
    assert states == ["COMPLETE", "PRUNED", "FAIL", "RUNNING"]
    assert [row["reason"] for row in table] == ["", "pruner", 'a "quoted", reason', ""]
    assert [row["value"] for row in table] == ["0.625", "", "", ""]
    assert [row["epochs"] for row in table] == ["3", "1", "3", "0"]
    gaps = [(row["trained_value"], row["gap"], row["diagnosis"]) for row in table]
    assert gaps == [
        ("0.9", "0.275", "over-fitting"),
        ("0.5", "0.0", "balanced"),
        ("", "", ""),
        ("", "", ""),
    ]
    assert (table[0]["seconds_sampled"], table[0]["seconds_waited"]) == ("0.5", "0.125")
    assert table[2]["model_parameters"] == "900"
    assert table[2]["seconds_trained"] == "3.0"
    for row, trial in zip(table, requests, strict=True):
        rate = float(row["training.learning_rate"])
        assert rate == trial.values["training.learning_rate"]
        decay = row["training.weight_decay"]
        assert (decay == "") == ("training.weight_decay" not in trial.values)
        assert row["training.epochs"] == "3"
        assert (row["backbone"], row["backbone.name"]) == ("residual_cnn", "")


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
