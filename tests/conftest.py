"""Drawn data that many tests read and none changes; each set is drawn once."""

import os
import signal

import pytest
from hypothesis import settings

from data_pipeline.synthetic.write import write_synthetic
from models.backend import environment
from tests.factories.runs import started

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts background jobs so, and every command that a test interrupts would
    # inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

SUBJECTS = 16

# Tests train in this process; Keras is imported after this file.
os.environ.update(environment(cpus=1))

# Machines are shared: how long one example takes says nothing about the code.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


@pytest.fixture(scope="session")
def coursework(tmp_path_factory):
    """A small synthetic data set in the coursework layout; copy it to change it."""
    root = tmp_path_factory.mktemp("data") / "coursework"
    write_synthetic(root, subjects=SUBJECTS, seed=3)
    return root


@pytest.fixture(scope="session")
def official(tmp_path_factory):
    """A smaller set in CK+'s official layout; copy it to change it."""
    root = tmp_path_factory.mktemp("data") / "official"
    write_synthetic(root, layout="official", subjects=12, seed=3)
    return root


@pytest.fixture
def start():
    """Starts commands as processes; what still runs at the end is killed."""
    processes = []

    def begin(*words, **options):
        processes.append(started(*words, **options))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()
