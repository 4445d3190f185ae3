"""The contestants: how each one is started, and what it left about its epochs."""

import csv
import json
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from tensorboardX.proto.event_pb2 import Event

from search.callbacks.tensorboard_writer import FOLDER
from search.run_folder import TRIALS
from tests.benchmarks.peers.rows import copy_cache
from tests.benchmarks.peers.setting import EPOCHS, FACES, Place

RUN = "peers-synthetic"
"""The folder of the harness's run: the study's name, and that faces are drawn."""

HARNESS = "harness"
"""The contestant that the others are compared with."""

TAG = "objective"
BATCH = 16

DIGITS = 6
"""Of a value: the curves of the harness have single precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One epoch that was trained and scored; ``time`` is seconds since 1970."""

    time: float
    trial: str
    epoch: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """All epochs of a search, and the seconds of all processes by part.

    ``built`` and ``traced`` are models and graphs made, ``trained`` all later batches,
    ``rows`` those that ``trained`` took, repeats included. The peers' ``traced`` holds
    a model's first step. The harness's parts are of trials that ended.
    """

    epochs: tuple[Epoch, ...]
    built: float
    traced: float
    trained: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A search to be measured: its command, and a reader of what it left."""

    title: str
    command: Callable[[Place], list[str]]
    read: Callable[[Place, int], Training]
    prepare: Callable[[Place], None] = field(default=lambda _: None)


def harness_command(place):
    """Returns this project's own command."""
    faces = str(place.shared / FACES)
    data = ["--study", str(place.study), "--data", faces, "--out", str(place.own)]
    return [sys.executable, "-m", "search.run", *data, "--until", "search"]


def read_harness(place, rows):
    """Reads the epochs from the curves of a run, and the parts from its table.

    ``rows`` counts the training rows of an epoch.
    """
    folder = place.own / RUN
    epochs = []
    for path in (folder / FOLDER).glob("trial-*/fold-1/validation/events*"):
        trial = path.parts[-4].removeprefix("trial-")
        epochs += _points(path, trial)
    table = []
    if (folder / TRIALS).exists():
        with (folder / TRIALS).open(newline="") as file:
            table = list(csv.DictReader(file))
    trained = sum(int(row["epochs"] or 0) for row in table)
    return Training(
        epochs=tuple(sorted(epochs, key=lambda one: one.time)),
        rows=rows * trained,
        **{
            name: sum(float(row[f"seconds_{name}"] or 0) for row in table)
            for name in ("built", "traced", "trained")
        },
    )


def _points(path, trial):
    """Reads the objective's curve of an event file."""
    for event in _events(path):
        for value in event.summary.value:
            if value.tag == TAG:
                yield Epoch(
                    time=event.wall_time,
                    trial=trial,
                    epoch=event.step,
                    value=round(value.simple_value, DIGITS),
                )


def _events(path):
    """Reads an event file; TensorBoard's own reader would load TensorFlow."""
    with path.open("rb") as file:
        while len(head := file.read(12)) == 12:
            (length,) = struct.unpack("<Q", head[:8])
            text = file.read(length + 4)
            if len(text) < length + 4:
                return  # the rest of a line that was not written any more
            yield Event.FromString(text[:length])


def peer_command(module):
    """Returns the command of a peer, a module of this folder."""
    path = f"tests.benchmarks.peers.{module}"
    return lambda place: [sys.executable, "-m", path, *place.words()]


def read_peer(place, rows):
    """Reads the lines that a peer's callback wrote."""
    path = place.own / EPOCHS
    text = path.read_text() if path.exists() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    return Training(
        epochs=tuple(sorted(map(_epoch, lines), key=lambda one: one.time)),
        # The first batch of a model is not trained but traced.
        rows=sum(rows - BATCH * (line["traced"] > 0) for line in lines),
        **{
            name: sum(line[name] for line in lines)
            for name in ("built", "traced", "trained")
        },
    )


def _epoch(line):
    """Makes an epoch of a line."""
    value = round(line["value"], DIGITS)
    return Epoch(
        time=line["time"], trial=line["trial"], epoch=line["epoch"], value=value
    )


CONTESTANTS = {
    HARNESS: Contestant(
        title="this harness",
        command=harness_command,
        read=read_harness,
        prepare=lambda place: copy_cache(place.shared, place.own),
    ),
    "keras_tuner": Contestant(
        title="KerasTuner Hyperband",
        command=peer_command("keras_tuner_hyperband"),
        read=read_peer,
    ),
    "ray": Contestant(
        title="Ray OptunaSearch + ASHA",
        command=peer_command("ray_asha"),
        read=read_peer,
    ),
    "optuna": Contestant(
        title="Optuna, one process",
        command=peer_command("optuna_alone"),
        read=read_peer,
    ),
}
