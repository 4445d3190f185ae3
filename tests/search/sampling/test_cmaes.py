"""CMA-ES: no pickle of a storage is loaded, and keys it cannot move are named."""

import pickle
from pathlib import Path

import pytest

from data_pipeline.system.errors import StudyError
from search.sampling.cmaes import CmaesSampler
from search.study.algorithms import SAMPLERS
from search.study.space import FloatRange, IntRange, Parameter, SearchSpace
from search.study.study import read_study
from tests.factories.ledger import (
    SMALL,
    begin,
    complete,
    finish,
    many,
    prune,
    small,
    stored,
)
from tests.strategies.samplers import begin as memory
from tests.strategies.samplers import built

SPACE = """[space]
"training.learning_rate" = { low = 1e-5, high = 1e-2, log = true }
"training.batch_size" = { low = 8, high = 64, step = 8 }
"""
TEXT = SMALL.partition("[space]")[0] + SPACE


class Bomb:
    """Makes a file when it is loaded from a pickle."""

    def __init__(self, path):
        """Takes the file."""
        self._path = path

    def __reduce__(self):
        """Returns what unpickling would run."""
        return Path.touch, (self._path,)


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name != "gp"])
def test_a_planted_pickle(tmp_path, sampler):
    """What Optuna's CMA-ES would load from the storage is loaded by no sampler."""
    made = tmp_path / "made"
    planted = pickle.dumps(Bomb(made)).hex()
    study = many(9, text=TEXT.replace('"random"', f'"{sampler}"').replace(*STEPPED))
    ledger = begin(tmp_path, study, storage="journal")
    first = ledger.ask()
    storage = stored(tmp_path)._storage  # noqa: SLF001 - as a stranger would
    number = stored(tmp_path).trials[0]._trial_id  # noqa: SLF001
    for prefix in ("cma:", "sepcma:", "cmawm:"):
        storage.set_trial_system_attr(number, f"{prefix}optimizer:0", planted)
    storage.set_trial_user_attr(number, "generation", planted)
    ledger.tell(first.number, complete(0.5))
    finish(ledger)
    assert not made.exists()
    pickle.loads(bytes.fromhex(planted))  # noqa: S301 - it is a real one
    assert made.exists()


STEPPED = ("high = 1e-2, log = true", "high = 9.1e-4, step = 1e-4")


def test_it_learns():
    """Proposals come nearer to the best point, generation by generation."""
    space = SearchSpace(
        parameters=(
            Parameter(key="x", domain=FloatRange(low=-1.0, high=1.0)),
            Parameter(key="n", domain=IntRange(low=1, high=200, log=True)),
        )
    )
    trials = memory()
    far = []
    for ordinal in range(90):
        trials.sampler = built("cmaes", ordinal=ordinal, space=space)
        trial = trials.ask()
        values = space.suggest(trial)
        far.append(abs(values["x"] - 0.6) + abs(values["n"] - 20) / 100)
        trials.tell(trial, -far[-1])
    assert sum(far[60:]) / 30 < sum(far[:12]) / 12 / 3


def test_one_key():
    """A space of one number is moved too."""
    space = SearchSpace(
        parameters=(Parameter(key="x", domain=FloatRange(low=0.0, high=1.0)),)
    )
    trials = memory()
    for ordinal in range(12):
        trials.sampler = CmaesSampler(space, seed=ordinal)
        trial = trials.ask()
        trials.tell(trial, 0.0 if space.suggest(trial)["x"] < 0.5 else 1.0)
    assert {t.user_attrs["generation"] for t in trials.trials} >= {0, 1, 2}


def test_what_it_moves_is_printed():
    """A study of which it moves a part prints how many keys it moves."""
    space = read_study("ckplus").space
    (note,) = SAMPLERS["cmaes"].notes(space)
    movable = [
        parameter
        for parameter in space.parameters
        if hasattr(parameter.domain, "low") and not parameter.when
    ]
    left = len(space.parameters) - len(movable)
    assert note.startswith(
        f"sampler cmaes samples {left} of {len(space.parameters)} keys"
    )
    assert list(SAMPLERS["tpe"].notes(space)) == []
    assert list(SAMPLERS["cmaes"].notes(many(4, text=TEXT).space)) == []


def test_nothing_to_move():
    """A space without a number that is always there is refused, in one message."""
    space = '"training.optimizer" = ["adam", "adamw"]\n'
    text = TEXT.partition('"training.learning_rate"')[0] + space
    with pytest.raises(StudyError, match=r"cmaes needs a range .*training\.optimizer"):
        small(('"random"', '"cmaes"'), text=text)


def test_constraints_warn_nobody(tmp_path):
    """A failed trial gives no warning in a sampler without constraints."""
    study = many(4, text=TEXT.replace('"random"', '"cmaes"'))
    ledger = begin(tmp_path, study, storage="journal")
    for reason in ("out_of_memory", "diverged"):
        ledger.tell(ledger.ask().number, prune(reason))
    assert ledger.counts().pruned == 2
