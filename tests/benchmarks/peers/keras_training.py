"""How the peers train: plain Keras, ``fit``, and a callback that scores each epoch.

The model has the layers that this project would export, in place of its own training
step. Import it after the threads are set.
"""
# ruff: noqa: ARG002 - Keras gives a hook more than one needs

import json
import time

from models.backbones import load_backbone
from models.config.config import model_config
from models.keras_api import keras
from models.network.heads import EMOTION, add_head
from models.network.standardization import standardize
from tests.benchmarks.peers.setting import EPOCHS

VALUE = "val_macro_f1"
"""The name of the objective's value in Keras's logs."""


def build(values, data_spec):
    """Builds and compiles the model of one configuration; notes what that takes."""
    start = time.perf_counter()
    config = model_config(values, data_spec)
    graph, runtime = config.graph, config.runtime
    backbone = load_backbone(graph.backbone)
    shape = (graph.image_size, graph.image_size, graph.channels)
    pixels = keras.Input(shape, name="pixels")
    features = backbone.features(pixels, graph, standardize(graph))
    dropout = keras.layers.Dropout(runtime.dropout)
    outputs = add_head(features, graph, dropout, logits=False)
    model = keras.Model(pixels, outputs[EMOTION])
    penalize(model, backbone, runtime.l2)
    model.compile(
        optimizer=keras.optimizers.Adam(runtime.learning_rate),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.seconds_built = time.perf_counter() - start
    return model


def penalize(model, backbone, factor):
    """Adds L2 to the kernels that a search penalizes."""
    kinds = (keras.layers.Dense,)
    if backbone.penalized:
        kinds = (*kinds, keras.layers.Conv2D)
    for layer in model.layers:
        if isinstance(layer, kinds):
            layer.kernel.regularizer = keras.regularizers.L2(factor)


class Recorder(keras.callbacks.Callback):
    """Scores the validation rows after each epoch, and writes a line about it.

    ``then`` is called with the epoch, from 1, and its value. What comes before the end
    of a model's first batch counts as built or traced, the rest of the batches as
    trained.
    """

    def __init__(self, rows, place, trial, then=lambda _epoch, _value: None):
        """Takes the rows, where to write, and the name of the trial."""
        super().__init__()
        self._rows, self._place, self._trial, self._then = rows, place, trial, then

    def __deepcopy__(self, memo):
        """Returns itself: KerasTuner copies callbacks for each trial."""
        return self

    def on_train_begin(self, logs=None):
        """Starts the clock of a new model."""
        self._spent = {"built": self.model.seconds_built, "traced": 0.0, "trained": 0.0}
        self._start, self._part = time.perf_counter(), "traced"

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock of an epoch."""
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Adds a batch; the first one traced the graph."""
        now = time.perf_counter()
        self._spent[self._part] += now - self._start
        self._start, self._part = now, "trained"

    def on_epoch_end(self, epoch, logs=None):
        """Scores and writes the epoch; the value is put into Keras's logs."""
        predicted = self.model.predict(self._rows.validation_images, verbose=0)
        value = logs[VALUE] = self._rows.value(predicted)
        line = {"time": time.time(), "trial": self._trial, "epoch": epoch + 1}
        with (self._place.own / EPOCHS).open("a") as file:
            file.write(json.dumps(line | {"value": value} | self._spent) + "\n")
        self._spent = dict.fromkeys(self._spent, 0.0)
        self._then(epoch + 1, value)


def fit(model, rows, study, callbacks):
    """Trains a model for the study's epochs."""
    fixed = dict(study.space.fixed)
    model.fit(
        rows.images,
        rows.labels,
        batch_size=fixed["training.batch_size"],
        epochs=fixed["training.epochs"],
        callbacks=callbacks,
        verbose=0,
    )
