"""A process that holds something until it is killed."""

import os
import subprocess
import sys
from contextlib import contextmanager

from tests.factories.runs import ROOT

WAIT = "print('held', flush=True); sys.stdin.read()"
"""What the code of a holder does last: it imports ``sys``."""


@contextmanager
def holder(code):
    """Runs code that prints ``held`` and waits; gives its process, and kills it."""
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()
