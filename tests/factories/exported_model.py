"""A tiny exported model with its sidecar, and videos for it to pipeline."""

import csv
import hashlib
import io
import json
from importlib.metadata import version

import av
import keras
import numpy as np

from data_pipeline.images.crop import make_cropper
from models.predict import main
from models.training.saving import plain_model
from tests.factories.models import EMOTIONS, UNITS, configured
from tests.factories.runs import run_main

SIZE = 32
THRESHOLDS = {"AU1": 0.5, "AU12": 0.45}


def exported(folder, *, crop="none", channels=1, size=SIZE, **values):
    """Writes a model of weights that separate images; returns its file."""
    keras.utils.set_random_seed(3)
    heads = {name: values.pop(name, ()) for name in ("intensities", "dimensions")}
    config = configured(side=size, channels=channels, **heads, **values)
    model = plain_model(config)
    for name in ("emotion", "action_units"):
        layer = model.get_layer(name)
        layer.set_weights([3 * layer.get_weights()[0], layer.get_weights()[1]])
    path = folder / "model.keras"
    model.save(path)
    described = {
        "study": "tiny",
        "synthetic": True,
        "input": {
            "size": size,
            "channels": channels,
            "range": [0, 255],
            "crop": make_cropper(crop).describe(),
        },
        "emotions": EMOTIONS,
        "action_units": UNITS,
        **heads,
        "thresholds": THRESHOLDS,
        "data": {"dataset": "ckplus"},
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "versions": {"keras": version("keras")},
    }
    path.with_suffix(".json").write_text(json.dumps(described))
    return path


def write_video(path, pictures, *, rate=10, codec="mpeg4", turned=0, options=None):
    """Encodes RGB pictures of one even size; options are those of the container."""
    with av.open(str(path), "w", options=options or {}) as file:
        stream = file.add_stream(codec, rate=rate)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.bit_rate = 8_000_000
        if turned:
            stream.set_display_rotation(turned)
        for picture in pictures:
            frame = av.VideoFrame.from_image(picture.convert("RGB"))
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return path


def rows_of(text):
    """Reads a table of faces."""
    return list(csv.DictReader(io.StringIO(text)))


def numbers(rows, name):
    """Takes one column of a table as numbers."""
    return np.array([float(row[name]) for row in rows])


def predicted(model, *words):
    """Runs the command; returns its answer and the table."""
    answer = run_main(main, "--model", str(model), *map(str, words))
    return answer, rows_of(answer.out)


def is_refused(answer, *words):
    """Checks that wrong input was refused in one message with these words."""
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert "Traceback" not in answer.err
    return all(word in answer.err for word in words)
