"""One line in a registry adds a sampler or pruner, from outside, too."""

import pytest
from optuna.pruners import ThresholdPruner
from optuna.samplers import RandomSampler

from data_pipeline.dataset.config import STUDIES
from search.study.algorithms import (
    PRUNERS,
    SAMPLERS,
    Pruner,
    Sampler,
    load_factory,
    pruner_problems,
)
from tests.factories.ledger import begin, report, small


def own_sampler(context):
    """A sampler from outside."""
    return RandomSampler(seed=context.trial_seed)


def own_pruner(steps):
    """A pruner from outside, which prunes every value below 1."""
    assert steps.folds == 1
    return ThresholdPruner(lower=1.0)


@pytest.mark.parametrize("name", [*SAMPLERS, *PRUNERS])
def test_documented(name):
    """The page about study files lists every name."""
    assert f"`{name}`" in (STUDIES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("algorithm", [*SAMPLERS.values(), *PRUNERS.values()])
def test_factories_exist(algorithm):
    """Each line names code that can be imported."""
    assert callable(load_factory(algorithm))


def test_one_line_adds_one(monkeypatch, tmp_path):
    """A study file may name what a line adds, and the search uses it."""
    monkeypatch.setitem(SAMPLERS, "own", Sampler(factory=f"{__name__}:own_sampler"))
    monkeypatch.setitem(PRUNERS, "own", Pruner(factory=f"{__name__}:own_pruner"))
    study = small(('"random"', '"own"'), ('pruner = "none"', 'pruner = "own"'))
    ledger = begin(tmp_path, study)
    assert ledger.report(ledger.ask().number, report(1, 0.5))


def test_minimum_of_folds():
    """A pruner on fold scores refuses a study with too few folds."""
    assert list(pruner_problems("wilcoxon", 3)) == []
    (line,) = pruner_problems("wilcoxon", 2)
    assert "[split] folds of 3 or more, found 2" in line
