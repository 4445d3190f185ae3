"""Ray's own search: ``python -m tests.benchmarks.peers.ray_asha SHARED OWN``.

``tune.Tuner`` with ``OptunaSearch`` and ``ASHAScheduler``, at their defaults, over a
function that builds a Keras model and calls ``fit``; a process of one CPU a trial.
"""

import sys
from pathlib import Path

from search.study.space import Choices, IntRange
from search.study.study import read_study
from tests.benchmarks.peers import rows as peer_rows
from tests.benchmarks.peers.setting import Place


def ray_space(space):
    """Converts a space without conditions to Ray's classes."""
    return {one.key: _domain(one.domain) for one in space.parameters}


def _domain(domain):
    from ray import tune  # noqa: PLC0415 - slow

    match domain:
        case Choices(values=values):
            return tune.choice(list(values))
        case IntRange(low=low, high=high):
            return tune.randint(low, high + 1)
    if domain.log:
        return tune.loguniform(domain.low, domain.high)
    if domain.step is None:
        return tune.uniform(domain.low, domain.high)
    return tune.quniform(domain.low, domain.high, domain.step)


def train(config, place):
    """Trains one trial, in a process of its own, and reports each epoch to Tune."""
    from ray import tune  # noqa: PLC0415 - slow

    from tests.benchmarks.peers import keras_training  # noqa: PLC0415 - slow

    study, rows = read_study(str(place.study)), peer_rows.read(place.shared)
    model = keras_training.build(study.space.config(config), rows.data_spec)
    recorder = keras_training.Recorder(
        rows,
        place,
        tune.get_context().get_trial_id(),
        lambda _, value: tune.report({"value": value}),
    )
    keras_training.fit(model, rows, study, [recorder])


def main():
    """Searches."""
    import ray  # noqa: PLC0415 - slow
    from ray import tune  # noqa: PLC0415
    from ray.tune.schedulers import ASHAScheduler  # noqa: PLC0415
    from ray.tune.search.optuna import OptunaSearch  # noqa: PLC0415

    place = Place(shared=Path(sys.argv[1]), own=Path(sys.argv[2]))
    study = read_study(str(place.study))
    processes = study.resources.max_concurrent
    ray.init(num_cpus=processes, _temp_dir=str(place.own / "ray"))
    tune.Tuner(
        tune.with_resources(tune.with_parameters(train, place=place), {"cpu": 1}),
        param_space=ray_space(study.space),
        tune_config=tune.TuneConfig(
            metric="value",
            mode="max",
            num_samples=study.search.trials,
            max_concurrent_trials=processes,
            search_alg=OptunaSearch(seed=study.search.seed),
            scheduler=ASHAScheduler(max_t=dict(study.space.fixed)["training.epochs"]),
        ),
        run_config=tune.RunConfig(storage_path=str(place.own / "tune"), verbose=1),
    ).fit()


if __name__ == "__main__":
    main()
