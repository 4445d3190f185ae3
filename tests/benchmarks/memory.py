"""How much memory does a worker hold over many trials of a few graphs?

    python -m tests.benchmarks.memory [--trials 60] [--side 64] [--gigabytes 2.5]

Trains random configurations of nine graphs (ResNet50, DenseNet121, EfficientNetB0, and
residual CNNs of six sizes) for one epoch each, in one process that may hold so much
memory. Prints how many graphs were built, the most memory that the process held after
a trial, and by how much it grew a trial over the last 40 and the last 20.
"""

import argparse
import random

import numpy as np

from data_pipeline.system.memory import resident_memory
from models.backend import prepare_process

ROWS, EPOCH = 48, 32
BACKBONES = (
    {"backbone__name": "resnet50"},
    {"backbone__name": "densenet121"},
    {"backbone__name": "efficientnet_b0"},
    *(
        {
            "backbone__name": "residual_cnn",
            "backbone__blocks": blocks,
            "backbone__filters": filters,
        }
        for blocks in (1, 2)
        for filters in (16, 32, 64)
    ),
)


def main():
    """Trains, and prints what the process held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--gigabytes", type=float, default=2.5)
    args = parser.parse_args()
    prepare_process(cpus=1)
    built, held = trained(args.trials, args.side, int(args.gigabytes * 1e9))
    print(f"graphs built: {built}; most memory: {max(held):.0f} MB")
    for last in (40, 20):
        print(f"growth over the last {last} trials: {slope(held[-last:]):.1f} MB each")


def trained(trials, side, memory):
    """Trains configurations; returns how many were built, and MB after each trial."""
    # Keras, after its environment.
    from models.training.epoch import Part  # noqa: PLC0415
    from models.training.trainer import Trainer  # noqa: PLC0415
    from tests.factories.models import pictures  # noqa: PLC0415

    chance = random.Random(1)  # noqa: S311 - a benchmark
    trainer, arrays = Trainer(memory=memory), pictures(ROWS, side=side)
    part = Part(train=np.arange(EPOCH), validation=np.arange(EPOCH, ROWS))
    built, held = 0, []
    for trial in range(trials):
        config = drawn(chance, side)
        list(trainer.fit(config, arrays, part, seed=trial, stop_after=1))
        built += trainer.timings.built > 0
        held.append(resident_memory() / 1e6)
    return built, held


def drawn(chance, side):
    """Draws a configuration of one of the graphs."""
    from tests.factories.models import configured  # noqa: PLC0415 - imports Keras

    return configured(
        side=side,
        **chance.choice(BACKBONES),
        training__learning_rate=10 ** chance.uniform(-4, -2),
        training__batch_size=16,
    )


def slope(values):
    """Fits a line; returns what it rises from one value to the next."""
    return float(np.polyfit(np.arange(len(values)), values, 1)[0])


if __name__ == "__main__":
    main()
