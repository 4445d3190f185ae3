"""Drawn data that many tests read and none changes; each set is drawn once."""

import os
import signal

import pytest
from filelock import FileLock
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

# Machines are shared: the time of one example does not depend on the code alone.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


def rendered_once(tmp_path_factory, layout, *, subjects):
    """Renders a synthetic set that all workers of pytest-xdist share."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root = shared / "synthetic" / layout
    root.parent.mkdir(exist_ok=True)
    with FileLock(root.with_suffix(".lock")):
        # A set that is already there is left as it is.
        write_synthetic(root, layout=layout, subjects=subjects, seed=3)
    return root


@pytest.fixture(scope="session")
def coursework(tmp_path_factory):
    """A small synthetic data set in the coursework layout; copy it to change it."""
    return rendered_once(tmp_path_factory, "coursework", subjects=SUBJECTS)


@pytest.fixture(scope="session")
def official(tmp_path_factory):
    """A smaller set in CK+'s official layout; copy it to change it."""
    return rendered_once(tmp_path_factory, "official", subjects=12)


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
