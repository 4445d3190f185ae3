"""Laws of every sampler: bounds, seeds, other processes, restarts."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from optuna.trial import TrialState

import search.study.algorithms
from data_pipeline.system.errors import StudyError
from search.conformance import (
    in_bounds,
    other_seed_differs,
    repeats,
    restart_draws_anew,
)
from search.study.algorithms import SAMPLERS
from tests.strategies.samplers import SPACE, begin, built, proposals

ROOT = Path(__file__).parents[3]
INSTALLED = [name for name in SAMPLERS if name != "gp" or find_spec("torch")]


@pytest.fixture(scope="module")
def elsewhere():
    """What each sampler proposes in another process with another hash seed."""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-m", "tests.strategies.samplers", *INSTALLED],
        env=os.environ | {"PYTHONHASHSEED": "12345", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


class SamplerLaws:
    """What holds for every sampler; a subclass names one."""

    name: str

    def test_bounds(self):
        """Proposals are in their domains and have the active keys only."""
        in_bounds(self.name)

    def test_same_seed(self, elsewhere):
        """The same seed proposes the same, in this process and in a spawned one."""
        repeats(self.name)
        assert proposals(self.name) == elsewhere[self.name]

    def test_other_seed(self):
        """Another seed proposes something else from the first trial on."""
        other_seed_differs(self.name)

    def test_restart(self):
        """A resumed run repeats no number drawn before."""
        restart_draws_anew(self.name)

    def test_restart_without_a_result(self):
        """A run resumed before any trial completed repeats nothing either."""
        trials = begin()
        rates = []
        for count in (0, 1):
            trials.sampler = built(self.name, ordinal=count)
            trial = trials.ask()
            rates.append(SPACE.suggest(trial)["training.learning_rate"])
            trials.tell(trial, state=TrialState.FAIL)
        assert rates[0] != rates[1]


class TestBohb(SamplerLaws):
    """TPE over the highest rung, and random proposals."""

    name = "bohb"


class TestTpe(SamplerLaws):
    """TPE."""

    name = "tpe"

    def test_learns(self):
        """After 40 trials proposals are nearer to the best point than random ones."""
        rates = [v["training.learning_rate"] for v in proposals("tpe", count=60)]
        assert sum(3e-4 < rate < 3e-3 for rate in rates[40:]) >= 12


class TestRandom(SamplerLaws):
    """Random search."""

    name = "random"


class TestCmaes(SamplerLaws):
    """CMA-ES."""

    name = "cmaes"


class TestQmc(SamplerLaws):
    """Quasi-Monte Carlo."""

    name = "qmc"

    def test_restart_keeps_the_sequence(self):
        """A restart continues the sequence where the run stopped."""
        one, two = begin(), begin()
        whole = proposals("qmc", count=8, trials=one)
        parts = [
            *proposals("qmc", count=4, trials=two),
            *proposals("qmc", count=4, trials=two),
        ]
        key = "training.learning_rate"
        assert [v[key] for v in whole] == [v[key] for v in parts]


class TestGrid(SamplerLaws):
    """The sampler beside the grid that the ledger walks."""

    name = "grid"


@pytest.mark.skipif(not find_spec("torch"), reason="gp needs PyTorch, an extra")
class TestGp(SamplerLaws):
    """Gaussian processes."""

    name = "gp"


def test_every_sampler_has_its_laws():
    """The registry and the laws have the same names."""
    assert {laws.name for laws in SamplerLaws.__subclasses__()} == set(SAMPLERS)


def test_gp_without_torch(monkeypatch):
    """Without PyTorch, gp names the package to install and an alternative."""
    monkeypatch.setattr(search.study.algorithms, "find_spec", lambda _: None)
    with pytest.raises(StudyError, match=r"gp needs PyTorch.*\.\[gp\].*bohb"):
        built("gp")
