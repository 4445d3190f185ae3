"""The bank: what each configuration predicted, epoch by epoch, and its true score.

A file with one record a configuration, written when it is complete: a build that is
interrupted continues.
"""

import hashlib
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from data_pipeline.system.seeds import child_seed
from models.metrics.predictions import Predictions
from models.training.epoch import Arrays, Part
from search.trial.curve import peak
from search.trial.objective import score
from tests.benchmarks.pruning.setting import (
    FOLDS,
    OBJECTIVE,
    OTHERS,
    STRIDE,
    TEXT,
    configurations,
)


def record(people):
    """Returns the type of a configuration's record.

    ``predictions`` has the outputs of both heads for every development row, each by the
    fold that validates it; ``values`` is the score of each fold alone, ``pooled`` that
    of all rows. NaN where an epoch was not trained.
    """
    outputs = len(people.targets.emotions) + len(people.targets.action_units)
    shape = (STRIDE, len(people.targets), outputs)
    return np.dtype(
        [
            ("predictions", "f2", shape),
            ("values", "f8", (FOLDS, STRIDE)),
            ("pooled", "f8", (STRIDE,)),
            ("true_score", "f8"),
            ("seconds", "f8"),
        ]
    )


def build(path, people, count):
    """Trains the configurations that the file lacks, in their order."""
    from models.training.trainer import Trainer  # noqa: PLC0415 - threads first

    bank = _opened(path, record(people), count)
    trainer, chosen = Trainer(), configurations(count)
    for number in (number for number in range(count) if not bank[number]["seconds"]):
        start = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            _train(trainer, people, chosen[number], number, bank[number], Path(folder))
        bank[number]["seconds"] = time.process_time() - start
        bank.flush()
        print(
            f"configuration {number}: true score {bank[number]['true_score']:.4f}, "
            f"{bank[number]['seconds']:.0f} s of CPU time",
            flush=True,
        )
    return bank


def _opened(path, kind, count):
    """Maps the file; a larger bank takes over the records of a smaller one."""
    name = hashlib.sha256(json.dumps([TEXT, OTHERS]).encode()).hexdigest()[:8]
    path = path.with_name(f"{path.stem}-{name}.npy")
    before = np.load(path) if path.exists() else np.zeros(0, kind)
    if len(before) < count:
        whole = np.zeros(count, kind)
        whole[: len(before)] = before
        np.save(path, whole)
    return np.load(path, mmap_mode="r+")[:count]


def _train(trainer, people, values, number, found, folder):
    """Trains the folds of one configuration and scores their models on the others."""
    config = people.config(values)
    for name in ("predictions", "values", "pooled", "true_score"):
        found[name] = np.nan
    for index in range(FOLDS):
        if not _train_fold(trainer, people, config, (number, index), found, folder):
            return
    epochs = found["predictions"][: config.epochs]
    every = np.arange(len(people.targets))
    found["pooled"][: config.epochs] = [score_of(people, e, every) for e in epochs]
    best = peak(found["pooled"][: config.epochs].tolist())
    found["true_score"] = np.mean(
        [
            _score_on_others(trainer, config, people, folder / f"{index}-{best}.npz")
            for index in range(FOLDS)
        ]
    )


def _train_fold(trainer, people, config, place, found, folder):
    """Trains one fold; returns false where it diverged."""
    number, index = place
    rows = people.folds[index].validation
    epochs = trainer.fit(
        config,
        Arrays(images=people.images, targets=people.targets),
        Part(train=people.folds[index].train, validation=rows),
        seed=child_seed(child_seed(1, "trial", number), "fold", index),
    )
    for epoch in epochs:
        if not (np.isfinite(epoch.loss) and epoch.predictions.finite()):
            return False
        outputs = [epoch.predictions.emotion, epoch.predictions.action_units]
        found["predictions"][epoch.epoch - 1, rows] = np.hstack(outputs)
        outputs = found["predictions"][epoch.epoch - 1, rows]
        found["values"][index, epoch.epoch - 1] = score_of(people, outputs, rows)
        trainer.save(config, folder / f"{index}-{epoch.epoch}.npz")
    return True


def _score_on_others(trainer, config, people, weights):
    trainer.restore(config, weights)
    return score(people.others, trainer.predict(config, people.other_images), OBJECTIVE)


def score_of(people, outputs, rows):
    """Scores the bank's outputs for some development rows."""
    return score(people.targets.take(rows), predictions_of(people, outputs), OBJECTIVE)


def predictions_of(people, outputs):
    """Makes predictions of the bank's outputs."""
    emotions = len(people.targets.emotions)
    outputs = outputs.astype(np.float32)
    return Predictions(
        emotion=outputs[:, :emotions], action_units=outputs[:, emotions:]
    )
