"""Laws of the comparison with peers: one space, honest accounts, a right table."""

import json
import sys
import tempfile

import optuna
import psutil
import pytest

from search.study.space import Choices
from search.study.study import read_study
from tests.benchmarks.peers import process_tree, table
from tests.benchmarks.peers.contestants import (
    CONTESTANTS,
    Epoch,
    Training,
    read_peer,
)
from tests.benchmarks.peers.keras_tuner_hyperband import suggest
from tests.benchmarks.peers.process_tree import Sample, Usage
from tests.benchmarks.peers.ray_asha import ray_space
from tests.benchmarks.peers.setting import EPOCHS, Budget, Place

BURN = "import time\nwhile time.process_time() < 1.5: pass"
START = "import subprocess, sys; subprocess.{}([sys.executable, '-c', {!r}]{})"
ORPHAN = START.format("Popen", BURN, "")
WAIT = START.format("run", ORPHAN, ", stdout=subprocess.PIPE")  # until all have ended
SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def study(tmp_path):
    """The study of all contestants."""
    path = tmp_path / "peers.toml"
    path.write_text(Budget(trials=3, epochs=2, side=32, processes=2).study_text())
    return read_study(str(path))


def test_ray_has_the_same_space(study):
    """Ray's sampler draws from the distributions that Optuna alone draws from."""
    from ray.tune.search.optuna import OptunaSearch  # noqa: PLC0415 - slow

    trial = optuna.create_study().ask()
    study.space.suggest(trial)

    assert (
        OptunaSearch.convert_search_space(ray_space(study.space)) == trial.distributions
    )


def test_keras_tuner_has_the_same_space(study):
    """KerasTuner's space has the keys, ends, steps and scales of the study."""
    keras_tuner = pytest.importorskip("keras_tuner", reason="the extra bench")
    found = keras_tuner.HyperParameters()
    suggest(study.space, found)
    spaces = {one.name: one for one in found.space}

    assert list(spaces) == [one.key for one in study.space.parameters]
    for one in study.space.parameters:
        theirs, domain = spaces[one.key], one.domain
        if isinstance(domain, Choices):
            assert tuple(theirs.values) == domain.values
            continue
        ends = theirs.min_value, theirs.max_value, theirs.step
        assert ends == (domain.low, domain.high, domain.step)
        assert theirs.sampling == ("log" if domain.log else "linear")


def ran(code, limit):
    """Runs Python code within a limit of seconds."""
    with tempfile.TemporaryFile() as log:
        return process_tree.run(
            [sys.executable, "-c", code], environment=None, log=log, limit=limit
        )


def test_cpu_of_orphans_is_counted():
    """The CPU seconds of a process count, also where its parent has ended."""
    usage = ran(WAIT, 120)

    assert usage.code == 0
    assert usage.collected >= 1.5
    assert 1.5 - process_tree.EVERY <= usage.samples[-1].cpu <= usage.collected


def test_limit_ends_every_process():
    """At the time limit all processes of a command end, and no code is returned."""
    before = set(psutil.Process().children(recursive=True))
    usage = ran(START.format("run", SLEEP, ""), 3)

    assert usage.code is None
    assert max(sample.processes for sample in usage.samples) == 2
    assert set(psutil.Process().children(recursive=True)) <= before


def sample(time, cpu):
    """A sample with as many bytes as CPU seconds."""
    return Sample(time=time, cpu=cpu, memory=cpu, largest=cpu, processes=1)


def test_figures_end_with_the_last_epoch():
    """Seconds and CPU count up to the last epoch; memory is what was held before it."""
    epochs = [(104, 0.2), (106, 0.5), (108, 0.4)]
    training = Training(
        epochs=tuple(
            Epoch(time=time, trial=str(value), epoch=1, value=value)
            for time, value in epochs
        ),
        built=1.0,
        traced=1.0,
        trained=4.0,
        rows=80,
    )
    samples = (sample(102, 3), sample(109, 12), sample(130, 60))
    usage = Usage(started=100, samples=samples, code=0, collected=70.0)
    found = table.figures(usage, training)

    assert (found.trials, found.epochs, found.best) == (3, 3, 0.5)
    assert (found.wall, found.cpu, found.memory_end) == (8, 12, 3)
    assert (found.prepared_share, found.images_per_second) == (0.5, 20)
    assert found.best_so_far == ((4, 0.2), (6, 0.5))


def test_peers_rows_leave_out_the_traced_batch(tmp_path):
    """A peer's trained rows are all but those of each model's first batch."""
    line = {"time": 1.0, "trial": "0", "value": 0.5, "built": 0.5, "trained": 2.0}
    lines = [line | {"epoch": 1, "traced": 9.0}, line | {"epoch": 2, "traced": 0.0}]
    text = "".join(json.dumps(one) + "\n" for one in lines)
    (tmp_path / EPOCHS).write_text(text)
    found = read_peer(Place(shared=tmp_path, own=tmp_path), 60)

    assert (found.rows, len(found.epochs)) == (60 - 16 + 60, 2)
    assert (found.built, found.traced, found.trained) == (1.0, 9.0, 4.0)


def figures(best_so_far, *, cpu=10.0, epochs=5):
    """Figures of a search that took 20 seconds."""
    return table.Figures(
        trials=2,
        epochs=epochs,
        wall=20.0,
        cpu=cpu,
        cpu_collected=cpu,
        memory_end=0,
        memory_peak=0,
        largest_process=0,
        prepared_share=None,
        images_per_second=None,
        best_so_far=best_so_far,
        code=0,
    )


def test_target_is_the_worst_best_value():
    """Each contestant is timed to the best value that all of them reached."""
    found = table.with_targets(
        {
            "harness": figures(((1.0, 0.3), (4.0, 0.7), (9.0, 0.9))),
            "ray": figures(((2.0, 0.6),)),
            "optuna": figures((), epochs=0),
        }
    )

    assert found["harness"].seconds_to_target == 4.0
    assert found["ray"].seconds_to_target == 2.0
    assert found["optuna"].seconds_to_target is None


def test_ratios_are_of_the_same_round():
    """A ratio is the median over rounds of what one round gives."""
    rounds = [
        {"harness": figures((), cpu=mine), "ray": figures((), cpu=theirs)}
        for mine, theirs in ((10.0, 20.0), (20.0, 80.0), (1.0, 3.0))
    ]
    text = table.render(rounds)

    assert "CPU 3.00, wall clock 1.00 (median of 3)" in text
    assert text.count(CONTESTANTS["harness"].title) == 2
