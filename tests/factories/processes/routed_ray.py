"""Runs trials and retrainings of three graphs by Ray; prints who ran which."""

import json
import os
import signal
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

from data_pipeline.system.cli import run_command
from models.config.config import DataSpec
from search.executors.ray.local import workers_here

# `local` sets what Ray reads when it is imported.
# isort: split
from search.executors.ray import executor
from search.trial.messages import Failed, Retrained, TrialRequest
from tests.fakes.bridge_ledger import ORDER, FakeLedger, then

from ray import tune  # isort: skip - its environment is set by the executor

BACKBONES = ("residual_cnn", "resnet50", "densenet121")
SPEC = DataSpec(image_size=32, channels=1, emotions=("a", "b"), action_units=())


class Ledger(FakeLedger):
    """Starts a trial of each backbone; the first takes the longest."""

    def ask(self):
        """Proposes the next trial."""
        request = super().ask()
        if request is None:
            return None
        name = BACKBONES[request.number]
        return replace(request, values={"backbone.name": name})


class Trainable(tune.Trainable):
    """A worker that trains nothing, and says which process it is."""

    def setup(self, config, job, post):
        """Takes the first task."""
        del job
        self.pulse = post.folder
        self.reset_config(config)

    def reset_config(self, new_config):
        """Takes the next task."""
        self.task = new_config
        return True

    def step(self):
        """Ends the task, a trial when every worker has one."""
        trial: TrialRequest | None = self.task.get("trial")
        if trial is None:
            done = Retrained(losses=(1.0,), parameters=os.getpid(), seconds=1.0)
            return {"retrained": done, "done": True}
        (self.pulse / f"{trial.number}.waits").touch()
        while len(list(self.pulse.glob("*.waits"))) < len(BACKBONES):
            time.sleep(0.1)
        time.sleep((len(BACKBONES) - trial.number) / 5)
        return {
            "outcome": Failed(reason=str(os.getpid())),
            "started": 0.0,
            "done": True,
        }

    def save_checkpoint(self, checkpoint_dir):
        """Saves nothing."""

    def load_checkpoint(self, checkpoint):
        """Loads nothing."""


def main():
    """Retrains in an order other than that in which workers become idle."""
    executor.WarmTrainable = Trainable
    job = SimpleNamespace(
        cpus=1,
        gpus=0,
        concurrent=len(BACKBONES),
        data_spec=SPEC,
        checkpoints=None,
        finished_folds=None,
    )
    ledger, kept = Ledger(len(BACKBONES)), {}
    orders = [
        replace(ORDER, path=name, values={"backbone.name": name}) for name in BACKBONES
    ]
    executor.run_ray(job, ledger, then(*orders, kept=kept), workers_here)
    trials = {BACKBONES[n]: int(one.reason) for n, one in ledger.outcomes.items()}
    retrainings = {name: one.parameters for name, one in kept.items()}
    sys.stdout.write(json.dumps({"trials": trials, "retrainings": retrainings}) + "\n")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run_command(main))
