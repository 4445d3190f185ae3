"""A table of many people with small faces, whose labels and pixels a test may change.

Each person is shown once with each word; the mouth shows it. AU12, valence and the
intensity of AU12 follow the word too.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from data_pipeline.config.dataset_identity import MARKER
from data_pipeline.split.receipt import Opener
from data_pipeline.split.receipt_file import Receipts
from search.inputs.run import Run
from search.inputs.study_data import read_labels
from search.run_folder import RunFolder
from search.study.study import read_study
from tests.factories.runs import write_study

SIDE = 32
WORDS = ("calm", "glad", "tense")
HEADER = "image,subject,sequence,part,emotion,AU12,AU4,valence,arousal,intensity_AU12"
LABELS = {
    "calm": "0,1,-0.25,0.5,0",
    "glad": "1,0,0.75,0.25,4",
    "tense": "0,1,-0.5,-0.75,1",
}
STUDY = """
[data]
dataset = "table"
emotions = ["calm", "glad", "tense"]
targets = ["emotion", "action_units", "action_unit_intensities", "valence_arousal"]
image_size = 32
channels = 1
[split]
folds = 2
hold_out = 0.3
[objective]
"emotion.balanced_accuracy" = 1.0
[search]
trials = 3
seed = 7
sampler = "random"
pruner = "none"
tensorboard = false
[resources]
max_concurrent = 1
[fixed]
"backbone.name" = "residual_cnn"
"backbone.blocks" = 1
"backbone.filters" = 8
"head.dense_units" = 16
"training.epochs" = 5
"training.batch_size" = 8
[space]
"training.learning_rate" = { low = 5e-3, high = 2e-2, log = true }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One row of the table; ``mark`` is drawn into a corner where there is one."""

    subject: str
    take: int
    word: str
    part: str
    shown: str
    mark: str = ""

    @property
    def image(self) -> str:
        """Its file."""
        return f"faces/{self.subject}-{self.take}.png"


def crowd(people: int, *, held_out: int = 0) -> list[Face]:
    """Lists the faces of so many people; the last ``held_out`` are the test part."""
    return [
        Face(
            subject=f"p{number:02d}",
            take=take,
            word=word,
            part="test" if number >= people - held_out else "train",
            shown=word,
        )
        for number in range(people)
        for take, word in enumerate(WORDS)
    ]


def write_crowd(
    root: Path, faces: list[Face], *, noise: int = 40, signal: int = 90
) -> Path:
    """Writes the table and the pictures; equal faces have equal pixels."""
    lines = [HEADER]
    for face in faces:
        path = root / face.image
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw(face, noise, signal)).save(path)
        parts = f"{face.image},{face.subject},{face.subject}-{face.take},{face.part}"
        lines.append(f"{parts},{face.word},{LABELS[face.word]}")
    (root / "faces.csv").write_text("\n".join(lines) + "\n")
    (root / MARKER).write_text("Synthetic faces: no real person is shown.\n")
    return root


def draw(face: Face, noise: int, signal: int) -> np.ndarray:
    """Draws eyes, a mouth that shows a word, a person's own skin, and the mark."""
    skin = _generator(face.subject).normal(0, 12, (SIDE, SIDE))
    grain = _generator(face.image).normal(0, noise, (SIDE, SIDE))
    pixels = 128 + skin + grain
    pixels[8:12, 8:12] = pixels[8:12, 20:24] = 20
    low = {"calm": 17, "glad": 20, "tense": 23}.get(face.shown)
    if low is not None:
        pixels[low : low + 3, 10:22] += signal
    if face.mark:
        bits = _generator(face.mark).integers(0, 2, (6, 8)).repeat(4, axis=1)
        pixels[-6:] = bits * 255
    return pixels.clip(0, 255).astype(np.uint8)


def _generator(text: str) -> np.random.Generator:
    return np.random.default_rng(list(text.encode()))


def open_crowd(folder: Path, root: Path, text: str = STUDY) -> Run:
    """Reads and splits a crowd as a run does; ``folder`` is that of all runs."""
    folder.mkdir(exist_ok=True)
    study = read_study(str(write_study(folder, text=text)))
    data = read_labels(study, root, synthetic=True, runs=folder)
    run = RunFolder(out=folder, name="tiny-synthetic")
    run.make()
    return Run(study=study, data=data, folder=run)


def opened(run: Run):
    """Opens the hold-out of a run as the test does, and returns its table."""
    found = run.data.split.hold_out.open(
        Receipts(run.folder.receipts),
        Opener(run=run.folder.name, model="a" * 64),
        data=run.data.population,
        rule={},
        reopen=True,
    )
    return found.table
