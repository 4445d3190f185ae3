"""How far is each backbone in each format from the Keras model?

    python -m tests.benchmarks.formats [--side 48] [--formats onnx litert ...]
        [--json FILE] [NAME ...]

Builds a model of each backbone with all four kinds of outputs, and of what else
changes a graph: no dense layer, each pooling, resized images, images scaled by the
training rows, an ensemble of three seeds. Weights are random; batch normalisation has
the statistics of the images, and the heads are scaled so that outputs differ between
faces. Each is written in each format, as ``search.export`` does it, and compared with
Keras on 16 drawn faces.
Prints, for each format, the largest difference as a share of an output's range, or why
it was not written; ``float64`` is how far the Keras model is from itself in float64. A
row that is in ``--json`` already is not measured again.
"""

import argparse
import json
import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import ImageOps

from data_pipeline.system.errors import HarnessError, first_line
from models.config.backbone_catalogue import BACKBONES
from models.conversion.formats import FORMATS

FACTS = ("spread", "float64")
FACES = 16
COLOUR_FROM = 64
OTHERS = {
    "no dense layer": {"head.dense_units": 0},
    "pooling max": {"head.pooling": "max"},
    "pooling average_max": {"head.pooling": "average_max"},
    "pooling grid": {"head.pooling": "grid"},
    "resized to 32": {"backbone.image_size": 32},
    "standardized": {"backbone.normalization": "development"},
    "ensemble of 3": {},
}
"""Case -> hyperparameters of a residual CNN."""
SEEDS = {"ensemble of 3": 3}
HEADS = {"intensities": ("AU1", "AU12"), "dimensions": ("valence", "arousal")}
"""Outputs beside emotions and action units."""

BLOCK_SCALE, SMALL = 0.3, 1e-9
SPREAD = 2.0
"""Standard deviation of an output's score over the faces."""


def main():
    """Measures, and prints a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=[*BACKBONES, *OTHERS])
    parser.add_argument("--side", type=int, default=48)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=[*FORMATS])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    kept = args.json is not None and args.json.exists()
    known = json.loads(args.json.read_text()) if kept else {}
    print("|", " | ".join(["backbone", "side", *FACTS, *args.formats]), "|", flush=True)
    for name in args.names:
        side = max(args.side, BACKBONES[name].smallest if name in BACKBONES else 0)
        row = known.setdefault(name, {})
        missing = [each for each in args.formats if each not in row]
        if missing:
            # TensorFlow keeps what a graph took: a process for each model.
            spawned = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(1, mp_context=spawned) as process:
                row |= process.submit(measured, name, side, missing).result()
        if args.json:
            args.json.write_text(json.dumps(known, indent=1))
        cells = [row[each] for each in (*FACTS, *args.formats)]
        cells = [name, str(row["side"]), *cells]
        print("|", " | ".join(cells), "|", flush=True)


def measured(name, side, formats):
    """Writes a model in some formats; returns their differences as text."""
    from models.backend import prepare_process  # noqa: PLC0415 - in its own process

    prepare_process(cpus=1)
    from models.conversion import convert  # noqa: PLC0415
    from tests.factories.formats.converted import converted  # noqa: PLC0415

    convert.TOLERANCE = 1.0  # what a search would refuse is measured here
    pixels = faces(side, channels=3 if side >= COLOUR_FROM else 1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model = written(folder, name, pixels)
        row = {"side": side, "spread": f"{spread_of(model, pixels):.2f}"}
        row["float64"] = f"{rounding_of(model, pixels):.0e}"
        for each in formats:
            try:
                _, found = converted(model, each, folder, pixels)
                row[each] = f"{found.difference:.0e}"
            except HarnessError as error:
                row[each] = first_line(error)
    return row


def faces(side, channels):
    """Draws faces, (N, S, S, C)."""
    from tests.factories.data.faces import drawn, drawn_rows  # noqa: PLC0415

    mode = "L" if channels == 1 else "RGB"
    pictures = (drawn(row)[0].convert(mode) for row in drawn_rows(FACES))
    fitted = [np.asarray(ImageOps.fit(each, (side, side))) for each in pictures]
    return np.stack(fitted).reshape(FACES, side, side, channels)


def written(folder, name, pixels):
    """Writes the Keras model of a case with its sidecar; returns its file."""
    from models.inference.ensemble import average_of  # noqa: PLC0415
    from tests.factories.exported_model import exported  # noqa: PLC0415

    seeds = [varied(name, pixels, seed) for seed in range(SEEDS.get(name, 1))]
    model = seeds[0] if len(seeds) == 1 else average_of(seeds)
    size, channels = pixels.shape[2:]
    path = exported(folder, size=size, channels=channels, **HEADS)
    model.save(path)
    return path


def varied(name, pixels, seed):
    """Builds a model of random weights whose outputs differ between faces."""
    import keras  # noqa: PLC0415 - after its environment

    from models.network.heads import HEADS as KINDS  # noqa: PLC0415
    from models.training.saving import plain_model  # noqa: PLC0415

    keras.utils.set_random_seed(seed)
    model = plain_model(*configuration(name, pixels))
    images = pixels.astype(np.float32)
    for layer in model.layers:
        if hasattr(layer, "moving_mean"):
            layer.momentum = 0.0
        if layer.name.endswith("layer_scale"):  # ConvNeXt's blocks begin without effect
            layer.set_weights([np.full_like(layer.get_weights()[0], BLOCK_SCALE)])
    model(images, training=True)
    for kind in KINDS:
        layer = model.get_layer(kind.name)
        kernel, _ = layer.get_weights()
        features = keras.Model(model.input, layer.input).predict(images, verbose=0)
        scores = features @ kernel
        kernel *= SPREAD / np.maximum(scores.std(axis=0), SMALL)
        layer.set_weights([kernel, -(features @ kernel).mean(axis=0)])
    return model


def configuration(name, pixels):
    """Returns the configuration of a case, and the statistics it scales pixels by."""
    from models.network.standardization import channel_statistics  # noqa: PLC0415
    from tests.factories.models import configured  # noqa: PLC0415

    values = OTHERS.get(name, {"backbone.name": name, "backbone.filters": 32})
    size, channels = pixels.shape[2:]
    config = configured(side=size, channels=channels, **HEADS, **values)
    if config.normalization == "own":
        return config, None
    return config, channel_statistics(pixels, np.arange(len(pixels)))


def spread_of(model, pixels):
    """Returns the smallest difference that a head's outputs have between faces."""
    from models.inference.predictor import Predictor  # noqa: PLC0415

    heads = Predictor(model, cpus=1).predict(pixels).heads()
    return min(float(np.ptp(head, axis=0).min()) for head in heads)


def rounding_of(path, pixels):
    """Returns how far a model in float32 is from itself in float64."""
    import keras  # noqa: PLC0415

    from models.conversion.agreement import largest_difference  # noqa: PLC0415
    from models.metrics.predictions import Predictions  # noqa: PLC0415
    from models.pretrained.saved_models import load_model  # noqa: PLC0415

    model = load_model(path)
    finer = keras.models.clone_model(model, clone_function=_in_float64)
    finer.set_weights(model.get_weights())
    found = (each(pixels.astype(np.float32), training=False) for each in (model, finer))
    return largest_difference(
        *(Predictions.of({k: v.numpy() for k, v in heads.items()}) for heads in found)
    )


def _in_float64(layer):
    values = layer.get_config()
    if "layers" in values:  # a whole model, of an ensemble
        import keras  # noqa: PLC0415

        return keras.models.clone_model(layer, clone_function=_in_float64)
    if hasattr(layer, "dtype_policy"):
        values["dtype"] = "float64"
    return type(layer).from_config(values)


if __name__ == "__main__":
    main()
