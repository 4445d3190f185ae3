"""A sampler of OptunaHub is named in a study file and loaded when a search starts."""

import sys
import textwrap
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

import search.study.algorithms
from data_pipeline.system.errors import StudyError
from search.sampling import hub
from search.study.algorithms import sampler_of
from tests.factories.ledger import begin, complete, crash, many, small
from tests.factories.processes.killed_searches import SPACE as KEYS
from tests.strategies.samplers import SPACE, built, proposals
from tests.strategies.space import contains

NAME = "optunahub:chance"

MODULE = """
from optuna.samplers import BaseSampler, RandomSampler
__all__ = ["BaseSampler", "ChanceSampler"]

class ChanceSampler(RandomSampler):
    '''A sampler of somebody.'''
"""


def module(text):
    """Runs the code of a module of the hub."""
    names = {"__name__": "optunahub_registry.package.samplers.chance"}
    exec(textwrap.dedent(text), names)  # noqa: S102 - our own code
    return SimpleNamespace(**names)


def offer(monkeypatch, load):
    """Puts a fake OptunaHub in the place of the real one."""
    monkeypatch.setitem(sys.modules, "optunahub", SimpleNamespace(load_module=load))
    monkeypatch.setattr(search.study.algorithms, "find_spec", lambda _: object())
    hub._sampler_class.cache_clear()  # noqa: SLF001 - another hub has other code


@pytest.fixture
def requested(monkeypatch):
    """Offers a hub with one sampler; returns the packages that it was requested for."""
    found = []

    def load(package):
        found.append(package)
        return module(MODULE)

    offer(monkeypatch, load)
    yield found
    hub._sampler_class.cache_clear()  # noqa: SLF001 - the fake must not stay


def named(sampler):
    """Makes the small study of a sampler."""
    return small(('"random"', f'"{sampler}"'))


def test_proposals(requested):
    """It proposes within the space, the same for the same seed, and is loaded once."""
    first, again, other = (proposals(NAME, seed=seed) for seed in (7, 7, 8))
    assert first == again
    assert all(one != two for one, two in zip(first, other, strict=True))
    for values in first:
        for parameter in SPACE.parameters:
            assert (parameter.key in values) == parameter.active(values)
            if parameter.key in values:
                assert contains(parameter.domain, values[parameter.key])
    assert requested == ["samplers/chance"]


@pytest.mark.usefixtures("requested")
def test_stop_and_resume(tmp_path):
    """A search that is killed between trials proposes what it would have anyway."""
    text = named(NAME).text().partition("[space]")[0] + KEYS
    values = []
    for killed in (False, True):
        (tmp_path / str(killed)).mkdir()
        ledger = begin(tmp_path / str(killed), many(4, text=text))
        while (trial := ledger.ask()) is not None:
            ledger.tell(trial.number, complete(0.5))
            if killed:
                crash(ledger)
                ledger = begin(tmp_path / str(killed), many(4, text=text))
        values.append([record.values for record in ledger.records()])
    assert values[0] == values[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise OSError('no route to host')", r"loaded \(OSError: no route to host\)"),
        ("x = 1", "no sampler class"),
        ("from optuna.samplers import TPESampler", "no sampler class"),
        (
            """
            from optuna.samplers import RandomSampler
            class Picky(RandomSampler):
                def __init__(self, bounds):
                    pass
            """,
            "built .*bounds",
        ),
    ],
)
def test_one_message(monkeypatch, text, message):
    """What cannot be loaded or built is refused with the name and a way out."""
    offer(monkeypatch, lambda _: module(text))
    with pytest.raises(StudyError, match=rf"{NAME} cannot .*{message}.*bohb") as error:
        built(NAME)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["optunahub:", "optunahub:../etc", "optunahub:a b"])
def test_names(name):
    """A name that can be no package of the hub is refused with the study file."""
    with pytest.raises(StudyError, match="'optunahub:NAME'"):
        named(name)


def test_without_the_extra(monkeypatch):
    """Where OptunaHub is not installed, the message names the extra."""
    monkeypatch.setattr(search.study.algorithms, "find_spec", lambda _: None)
    with pytest.raises(StudyError, match=r"needs OptunaHub.*\.\[hub\]"):
        built(NAME)
    assert sampler_of("optunahub:auto_sampler").package


@pytest.mark.skipif(not find_spec("optunahub"), reason="needs OptunaHub, an extra")
def test_the_real_loader(tmp_path, monkeypatch):
    """OptunaHub itself loads a sampler, here from its cache, without the network."""
    place = "github.com/optuna/optunahub-registry/main/package/samplers/chance"
    package = tmp_path / place
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(MODULE)
    monkeypatch.setenv("OPTUNAHUB_CACHE_HOME", str(tmp_path))
    hub._sampler_class.cache_clear()  # noqa: SLF001 - another hub has other code
    assert proposals(NAME, count=2) == proposals(NAME, count=2)
    assert type(built(NAME)).__name__ == "ChanceSampler"
