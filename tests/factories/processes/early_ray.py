"""A process that starts Ray early, as a run does, and waits: ``python -m`` this."""

import signal
import sys
import time

from data_pipeline.system.cli import run_command
from data_pipeline.system.errors import DataError
from search.executors import early_session


def main():
    """Starts Ray; then fails, if so told, or waits."""
    with early_session(cpus=1, concurrent=2):
        if sys.argv[1:] == ["fail"]:
            raise DataError("an image is wrong")
        sys.stdout.write("starting\n")
        sys.stdout.flush()
        time.sleep(600)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run_command(main))
