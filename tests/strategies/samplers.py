"""Proposals of samplers for a real study's space with a known best point."""

import json
import math
import sys
from dataclasses import replace

import optuna

from search.sampling.samplers import build_sampler
from search.study.algorithms import SAMPLERS
from search.study.study import read_study

STUDY = read_study("ckplus")
SPACE = STUDY.space


def begin():
    """Makes an Optuna study in memory."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(direction="maximize")


def built(name, *, seed=7, ordinal=0, space=SPACE):
    """Builds the sampler of one trial."""
    search = replace(STUDY.search, sampler=name, seed=seed)
    return build_sampler(replace(STUDY, search=search, space=space), ordinal=ordinal)


def proposals(name, *, seed=7, count=6, trials=None):
    """Takes proposals of freshly built samplers and reports each one's value.

    A study that has trials already continues, as it does at a restart.
    """
    trials = begin() if trials is None else trials
    found = []
    for ordinal in range(len(trials.trials), len(trials.trials) + count):
        trials.sampler = built(name, seed=seed, ordinal=ordinal)
        trial = trials.ask()
        values = SPACE.suggest(trial)
        found.append(values)
        rate = float(values["training.learning_rate"])
        trials.tell(trial, 1.0 / (1.0 + abs(math.log10(rate) + 3.0)))
    return found


if __name__ == "__main__":
    NAMES = [name for name in SAMPLERS if name in sys.argv[1:]]
    print(json.dumps({name: proposals(name) for name in NAMES}))  # noqa: T201
