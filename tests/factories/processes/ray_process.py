"""A process that has Ray run as a search has, and waits: ``python -m`` this."""

import json
import signal
import sys
import time
from types import SimpleNamespace

from data_pipeline.system.cli import run_command
from search.executors.ray.local import local_ray

# isort: split
import ray
from ray._private.authentication.authentication_utils import (
    get_authentication_mode,
    get_authentication_mode_name,
)


@ray.remote
class Worker:
    """A worker that answers."""

    def answer(self):
        """Answers."""
        return True


def main():
    """Prints where Ray is, and calls a worker until it is stopped."""
    job = SimpleNamespace(cpus=1, gpus=0, concurrent=1)
    with local_ray(job) as folder:
        worker = Worker.remote()
        ray.get(worker.answer.remote())
        node = ray._private.worker._global_node  # noqa: SLF001
        servers = {
            kind: found[0].process.pid for kind, found in node.all_processes.items()
        }
        mode = get_authentication_mode_name(get_authentication_mode())
        message = {"ray": str(folder.ray), "servers": servers, "authentication": mode}
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()
        while True:
            ray.wait([worker.answer.remote()], timeout=1)
            time.sleep(0.1)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run_command(main))
