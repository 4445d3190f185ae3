"""One line in a registry adds a sampler or pruner, from outside, too."""

import pytest
from optuna.pruners import ThresholdPruner
from optuna.samplers import RandomSampler

from data_pipeline.files.study_files import STUDIES
from data_pipeline.own_code.laws import ConformanceError
from data_pipeline.system.errors import StudyError
from search.conformance import check_pruner, check_sampler
from search.ledger.pruners import build_pruner
from search.sampling.rungs import steps_of
from search.sampling.samplers import build_sampler
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
    del steps
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


@pytest.mark.parametrize("name", PRUNERS)
def test_each_pruner_keeps_the_laws(name):
    """The laws of the suite by which users check their own pruners."""
    check_pruner(name)


def test_what_breaks_the_laws_is_named():
    """Each broken law of a sampler and a pruner has a line with what was found."""
    with pytest.raises(ConformanceError) as found:
        check_pruner(f"{__name__}:own_pruner")
    assert found.value.broken == (
        "A trial without others to compare it with is not pruned. Found: pruned",
        "A trial that leads at every report is not pruned. Found: pruned",
    )
    with pytest.raises(ConformanceError) as found:
        check_sampler(f"{__name__}:stuck_sampler")
    assert [line.split(".")[0] for line in found.value.broken] == [
        "Another seed proposes something else from the first trial on",
        "A resumed run repeats no number drawn before",
    ]


def stuck_sampler(context):
    """A sampler that forgets its seed."""
    del context
    return RandomSampler(seed=1)


def broken(_):
    """Code that fails."""
    raise ValueError("not today")


def number(_):
    """Code that makes something else."""
    return 3


def own_study(sampler="own_sampler", pruner="own_pruner"):
    """Makes the small study with code of this file."""
    return small(
        ('"random"', f'"{__name__}:{sampler}"'),
        ('pruner = "none"', f'pruner = "{__name__}:{pruner}"'),
    )


def test_a_study_file_names_code(tmp_path):
    """A sampler and a pruner by their code are used, without a registration."""
    ledger = begin(tmp_path, own_study())
    assert ledger.report(ledger.ask().number, report(1, 0.5))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (f"{__name__}:broken", "ValueError: not today"),
        (f"{__name__}:number", "it made an object of int"),
        (f"{__name__}:missing", "AttributeError"),
        ("no_such_package.code:name", "No module named 'no_such_package'"),
    ],
)
def test_code_that_cannot_be_used(name, reason):
    """What is wrong with it is said in one message, with the key and the way out."""
    sampler = small(('"random"', f'"{name}"'))
    for key, work in (
        ("sampler", lambda: build_sampler(sampler, ordinal=0)),
        ("pruner", lambda: build_pruner(name, steps_of(sampler))),
    ):
        with pytest.raises(StudyError) as found:
            work()
        message = str(found.value)
        assert message.startswith(f"[search] {key}: {name} must be code")
        assert reason in message
        assert ("PYTHONPATH" in message) == name.startswith("no_such_package")
        assert "Own code in studies/README.md" in message
        assert "\n" not in message


@pytest.mark.parametrize(
    "name", ["a.b:", ":c", "a b:c", "a.b", "a..b:c", "1:b", "bobh"]
)
def test_names_that_are_no_code(name):
    """Another spelling is refused with the names that there are."""
    with pytest.raises(StudyError, match=r"'bohb'.*MODULE:NAME"):
        small(('"random"', f'"{name}"'))
