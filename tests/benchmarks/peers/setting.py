"""What every contestant gets: one study file, and the drawn faces it is about.

The study file is the only statement of space and budget: each contestant reads it with
``search.study.study.read_study`` and converts it to its own classes.
"""

import json
from dataclasses import dataclass
from pathlib import Path

OBJECTIVE = "emotion.macro_f1"
STUDY, FACES, ROWS, EPOCHS = "peers.toml", "faces", "rows.npz", "epochs.jsonl"
"""Names of the study file, the faces, the peers' rows, and a peer's epochs."""

BACKBONES = ("residual_cnn", "resnet50", "densenet121", "efficientnet_b0")

TEXT = """
[data]
dataset = "synthetic"
targets = ["emotion"]
emotions = "high_level"
image_size = {side}

[split]
folds = 1
hold_out = 0.2

[objective]
"{objective}" = 1.0

[search]
trials = {trials}
seed = {seed}

[resources]
cpus_per_trial = 1
max_concurrent = {processes}

[fixed]
"training.epochs" = {epochs}
"training.batch_size" = 16
"training.optimizer" = "adam"
"training.schedule" = "constant"
"backbone.blocks" = 1
"backbone.filters" = 64
"backbone.weights" = "none"

[space]
"backbone.name" = {backbones}
"head.dense_units" = [64, 128]
"head.dropout" = {{ low = 0.0, high = 0.4, step = 0.1 }}
"training.learning_rate" = {{ low = 3e-4, high = 1e-2, log = true }}
"regularization.l2" = {{ low = 1e-6, high = 1e-3, log = true }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a search may use: trials of at most ``epochs``, and processes of one CPU."""

    trials: int
    epochs: int
    side: int
    processes: int
    backbones: tuple[str, ...] = BACKBONES
    seed: int = 1

    def study_text(self):
        """Renders the study file."""
        numbers = {name: getattr(self, name) for name in self.__slots__}
        numbers["backbones"] = json.dumps(self.backbones)
        return TEXT.format(objective=OBJECTIVE, **numbers).lstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The folders of one search: ``shared`` is read by all, ``own`` is written."""

    shared: Path
    own: Path

    @property
    def study(self):
        """The study file."""
        return self.shared / STUDY

    def words(self):
        """Renders both folders for a command line."""
        return str(self.shared), str(self.own)
