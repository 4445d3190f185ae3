"""Bands of the synthetic faces: do they tell good configurations from bad ones?

    python tests/benchmarks/learning/bands.py [--seeds 5] [--work DIR] [--cpus 2]

For each seed a data set is drawn, split by subject, and three predictors are fitted on
the development part and scored on the hold-out: the baseline, a network with a learning
rate far too small, and a good small network. Prints each score's minimum, median and
maximum over the seeds. About two minutes a seed on 2 cores.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import numpy as np

from data_pipeline.config.split_config import SplitConfig
from data_pipeline.images.cache import read_images
from data_pipeline.images.decode_table import decode_all
from data_pipeline.readers import read
from data_pipeline.split.receipt import Opener
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.split.split import split
from data_pipeline.synthetic.write import write_synthetic
from data_pipeline.targets.targets import read_targets
from models.backend import prepare_process
from models.config.config import DataSpec, model_config
from models.evaluation.baseline import baseline_predictions
from models.metrics.scores import scores

SIZE = 48
GOOD = {
    "backbone.name": "residual_cnn",
    "backbone.blocks": 1,
    "backbone.filters": 64,
    "head.dense_units": 64,
    "training.epochs": 30,
    "training.batch_size": 16,
    "training.learning_rate": 3e-3,
}
WRONG = GOOD | {"training.learning_rate": 1e-7}
SHOWN = ("emotion.accuracy", "emotion.macro_f1", "action_units.mean_auc")
PREDICTORS = {"wrong learning rate": WRONG, "good small network": GOOD}
WANTED = {"wanted": ("emotion", "action_units"), "emotions": "high_level"}


def main():
    """Runs the benchmark."""
    compare(PREDICTORS, __doc__)


def compare(predictors, description):
    """Reads the command line, measures on each data set, and prints a table."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--cpus", type=int, default=2)
    args = parser.parse_args()
    prepare_process(cpus=args.cpus)
    with tempfile.TemporaryDirectory() as folder:
        tables = [
            measure(args.work or Path(folder), seed, predictors)
            for seed in range(1, args.seeds + 1)
        ]
    print(f"{'':28}{'metric':26}  min  median  max over {args.seeds} seeds")
    for name in tables[0]:
        for metric in tables[0][name]:
            found = [table[name][metric] for table in tables]
            ends = min(found), statistics.median(found), max(found)
            print(f"{name:28}{metric:26}" + "  ".join(f"{end:.3f}" for end in ends))


def measure(work, seed, predictors):
    """Scores a baseline and trained predictors on one synthetic data set's hold-out."""
    from models.training.trainer import Arrays, Part, Trainer  # noqa: PLC0415 - threads first

    root = work / f"synthetic-{seed}"
    write_synthetic(root, seed=seed)
    parts = split(read(root, "synthetic"), SplitConfig(folds=1, hold_out_seed=seed))
    development = read_targets(parts.development, **WANTED)
    images = read_images(parts.development, size=SIZE, cache=work / "cache").array
    opened = parts.hold_out.open(
        Receipts(work / "receipts.jsonl"),
        Opener(run="bands", model=str(seed)),
        data=f"drawn with seed {seed}",
        rule={},
        reopen=False,
    )
    truth = read_targets(opened.table, **WANTED)
    held = decode_all(opened.table, size=SIZE)
    data_spec = DataSpec(
        image_size=SIZE,
        channels=1,
        emotions=development.emotions,
        action_units=development.action_units,
    )
    trainer = Trainer()
    arrays = Arrays(images=images, targets=development)
    part = Part(train=np.arange(len(images)), validation=None)
    table = {
        "baseline": shown(truth, baseline_predictions(development, count=len(truth)))
    }
    for name, values in predictors.items():
        config = model_config(values, data_spec)
        seconds = sum(
            score.seconds_trained
            for score in trainer.fit(config, arrays, part, seed=seed)
        )
        found = shown(truth, trainer.predict(config, held))
        table[name] = found | {"seconds of training": seconds}
    return table


def shown(truth, predictions):
    """Picks the metrics of the table."""
    found = scores(truth, predictions)
    return {name: found[name] for name in SHOWN}


if __name__ == "__main__":
    main()
