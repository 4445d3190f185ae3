"""What each backbone costs: weights, seconds until it trains, seconds a step.

    python tests/benchmarks/backbones.py [--sides 48 224] [--cpus 2] [NAME ...]

For each backbone and image side (grey below 96 pixels, colour from there on; sides that
a backbone does not fit are left out): weights that training changes, seconds to build
and to take the first step, which traces the graph, and the seconds of a later step of
16 images: the median of epochs of 8 steps.
"""

import argparse
import statistics
import time

import numpy as np

from models.backend import prepare_process
from models.config.backbone_catalogue import BACKBONES
from models.config.config import DataSpec, model_config

IMAGES = 16
EPOCHS, STEPS = 3, 8
COLOUR_FROM = 96
EMOTIONS = ("negative", "positive", "surprise")
UNITS = ("AU1", "AU12")


def main():
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=BACKBONES)
    parser.add_argument("--sides", type=int, nargs="+", default=[48, 224])
    parser.add_argument("--cpus", type=int, default=2)
    args = parser.parse_args()
    prepare_process(cpus=args.cpus)
    print("backbone          side  million weights  build + first step, s  step, s")
    for name in args.names:
        for side in args.sides:
            if side < BACKBONES[name].smallest:
                continue
            weights, first, step = measure(name, side)
            row = f"{name:16} {side:5} {weights / 1e6:16.2f} {first:22.1f} {step:8.2f}"
            print(row, flush=True)


def measure(name, side):
    """Counts the weights of one backbone with its head, and times its steps."""
    import keras  # noqa: PLC0415 - threads first

    from models.training.compiled_model import CompiledModel  # noqa: PLC0415 - threads first

    channels = 3 if side >= COLOUR_FROM else 1
    data_spec = DataSpec(
        image_size=side, channels=channels, emotions=EMOTIONS, action_units=UNITS
    )
    config = model_config({"backbone.name": name}, data_spec)
    start = time.perf_counter()
    compiled = CompiledModel(config.graph)
    compiled.reset(config.runtime, 1)
    images, targets = batch(side, channels)
    compiled.train([(images, targets)])
    first = time.perf_counter() - start
    steps = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        compiled.train([(images, targets)] * STEPS)
        steps.append((time.perf_counter() - start) / STEPS)
    weights = sum(int(np.prod(w.shape)) for w in compiled.model.trainable_variables)
    keras.backend.clear_session()
    return weights, first, statistics.median(steps)


def batch(side, channels):
    """Draws noise, and targets as the losses take them: value and weight."""
    generator = np.random.default_rng(1)
    images = generator.integers(0, 256, (IMAGES, side, side, channels))
    classes = np.eye(len(EMOTIONS))[np.arange(IMAGES) % len(EMOTIONS)]
    units = generator.integers(0, 2, (IMAGES, len(UNITS)))
    values = {"emotion": classes, "action_units": units}
    return images.astype(np.float32), {
        name: np.stack([given, np.ones(given.shape)], axis=-1).astype(np.float32)
        for name, given in values.items()
    }


if __name__ == "__main__":
    main()
