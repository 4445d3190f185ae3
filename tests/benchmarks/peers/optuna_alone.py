"""Optuna in one process: ``python -m tests.benchmarks.peers.optuna_alone SHARED OWN``.

``study.optimize`` with Optuna's default sampler, a Hyperband pruner, a SQLite file, and
a new Keras model for each trial, as in Optuna's examples.
"""

import sys
from pathlib import Path

import optuna

from search.study.study import read_study
from tests.benchmarks.peers import rows as peer_rows
from tests.benchmarks.peers.setting import Place


def main():
    """Searches."""
    from tests.benchmarks.peers import keras_training  # noqa: PLC0415 - slow

    place = Place(shared=Path(sys.argv[1]), own=Path(sys.argv[2]))
    study, rows = read_study(str(place.study)), peer_rows.read(place.shared)

    def objective(trial):
        keras_training.keras.backend.clear_session()
        model = keras_training.build(study.space.suggest(trial), rows.data_spec)
        seen = []

        def report(epoch, value):
            seen.append(value)
            trial.report(value, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned

        recorder = keras_training.Recorder(rows, place, str(trial.number), report)
        keras_training.fit(model, rows, study, [recorder])
        return max(seen)

    optuna.create_study(
        direction="maximize",
        storage=f"sqlite:///{place.own}/optuna.db",
        sampler=optuna.samplers.TPESampler(seed=study.search.seed),
        pruner=optuna.pruners.HyperbandPruner(
            max_resource=dict(study.space.fixed)["training.epochs"]
        ),
    ).optimize(objective, n_trials=study.search.trials)


if __name__ == "__main__":
    main()
