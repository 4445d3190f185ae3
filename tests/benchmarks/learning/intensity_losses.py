"""Which loss learns action-unit intensities better, the squared or the ordinal one?

    python -m tests.benchmarks.learning.intensity_losses [--seeds 5] [--work DIR]

The small network of bands.py learns the drawn intensities with each loss and several
seeds; each seed is scored on five subject-disjoint folds, pooled (``search.train
--seeds``). Prints mean and deviation over seeds, and the mean of the differences at
equal seeds with its standard error. About six minutes a seed on one core.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import fmean, stdev

LOSSES = ("squared", "ordinal")
METRICS = ("mean_icc", "mean_pcc", "mean_mae")

CONFIG = """[origin]
study = "intensities_{loss}"
trial = 0
value = 0.0
epoch = 30
synthetic = true

[data]
dataset = "table"
name = "intensities"
targets = ["action_unit_intensities"]
image_size = 48

[split]
by = "subject"
folds = 5
hold_out = 0.2
hold_out_seed = 1

[objective]
"action_unit_intensities.mean_icc" = 1.0

[fixed]
"backbone.name" = "residual_cnn"
"backbone.blocks" = 1
"backbone.filters" = 64
"head.dense_units" = 64
"training.epochs" = 30
"training.batch_size" = 16
"training.learning_rate" = 3e-3
"loss.intensity" = "{loss}"

[thresholds]
"""


def main():
    """Trains with both losses, and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        work = options.work or Path(made)
        scores = {loss: trained(loss, work, options.seeds) for loss in LOSSES}
    print("| metric | squared | ordinal | ordinal - squared | SE |")
    print("|---|---|---|---|---|")
    for metric in METRICS:
        columns = [[seed[metric] for seed in scores[loss]] for loss in LOSSES]
        print(row(metric, *columns))


def trained(loss, work, seeds):
    """Trains a loss with each seed; returns the scores of each."""
    config = work / f"{loss}.toml"
    config.write_text(CONFIG.format(loss=loss))
    command = ["search.train", "--config", str(config), "--data", "synthetic"]
    command += ["--out", str(work), "--seeds", str(seeds)]
    subprocess.run([sys.executable, "-m", *command], check=True)  # noqa: S603
    (path,) = work.glob(f"intensities_{loss}*/seeds.json")
    found = json.loads(path.read_text())["seeds"].values()
    head = "action_unit_intensities."
    return [
        {metric: seed["scores"][head + metric] for metric in METRICS} for seed in found
    ]


def row(metric, squared, ordinal):
    """Writes a metric's row."""
    apart = [b - a for a, b in zip(squared, ordinal, strict=True)]
    error = stdev(apart) / len(apart) ** 0.5
    cells = [f"{fmean(x):.3f} (SD {stdev(x):.3f})" for x in (squared, ordinal)]
    return f"| {metric} | {' | '.join(cells)} | {fmean(apart):+.4f} | {error:.4f} |"


if __name__ == "__main__":
    main()
