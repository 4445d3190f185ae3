"""KerasTuner: ``python -m tests.benchmarks.peers.keras_tuner_hyperband SHARED OWN``.

``Hyperband`` in its distributed mode: a chief and, for each process of the study, a
tuner, as KerasTuner's guide has it. Each is this module, started with the variables
that the guide names.
"""

import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from search.study.space import Choices, IntRange
from search.study.study import read_study
from tests.benchmarks.peers import rows as peer_rows
from tests.benchmarks.peers.setting import Place

TUNER = "KERASTUNER_TUNER_ID"
LOOPBACK = "127.0.0.1"


def suggest(space, hyperparameters):
    """Declares a space without conditions to KerasTuner; returns a configuration."""
    found = {one.key: _value(one, hyperparameters) for one in space.parameters}
    return space.config(found)


def _value(parameter, hyperparameters):
    key, domain = parameter.key, parameter.domain
    match domain:
        case Choices(values=values):
            return hyperparameters.Choice(key, list(values))
        case IntRange(low=low, high=high, step=step):
            return hyperparameters.Int(key, low, high, step=step)
    sampling = "log" if domain.log else "linear"
    return hyperparameters.Float(
        key, domain.low, domain.high, step=domain.step, sampling=sampling
    )


def main():
    """Starts a chief and tuners, or is one of them."""
    place = Place(shared=Path(sys.argv[1]), own=Path(sys.argv[2]))
    study = read_study(str(place.study))
    if TUNER in os.environ:
        search(study, place)
    else:
        start(study.resources.max_concurrent)


def start(processes):
    """Starts a chief and its tuners, and waits for them."""
    with closing(socket.create_server((LOOPBACK, 0))) as server:
        port = server.getsockname()[1]
    oracle = {"KERASTUNER_ORACLE_IP": LOOPBACK, "KERASTUNER_ORACLE_PORT": str(port)}
    names = ["chief", *(f"tuner{number}" for number in range(processes))]
    module = "tests.benchmarks.peers.keras_tuner_hyperband"
    started = [
        subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", module, *sys.argv[1:]],
            env=os.environ | oracle | {TUNER: name},
        )
        for name in names
    ]
    sys.exit(max(process.wait() for process in started))


def search(study, place):
    """Searches as one of the processes; the chief only serves."""
    import keras_tuner  # noqa: PLC0415 - an extra

    from tests.benchmarks.peers import keras_training  # noqa: PLC0415 - slow

    rows, fixed = peer_rows.read(place.shared), dict(study.space.fixed)

    class Named(keras_tuner.Hyperband):
        """Adds the trial's name to the callback that writes its epochs."""

        def run_trial(self, trial, *args, **options):
            recorder = keras_training.Recorder(rows, place, trial.trial_id)
            return super().run_trial(trial, *args, callbacks=[recorder], **options)

    tuner = Named(
        lambda hp: keras_training.build(suggest(study.space, hp), rows.data_spec),
        objective=keras_tuner.Objective(keras_training.VALUE, direction="max"),
        max_epochs=fixed["training.epochs"],
        seed=study.search.seed,
        directory=place.own,
        project_name="hyperband",
    )
    tuner.oracle.max_trials = study.search.trials
    batch_size = fixed["training.batch_size"]
    tuner.search(rows.images, rows.labels, batch_size=batch_size, verbose=0)


if __name__ == "__main__":
    main()
