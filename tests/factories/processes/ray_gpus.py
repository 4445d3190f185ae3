"""A process that prints which GPU each of four trials gets: ``python -m`` this."""

import json
import os
import sys
from types import SimpleNamespace

from data_pipeline.system.cli import run_command
from search.executors.ray.local import local_ray

# isort: split
import ray


@ray.remote(num_cpus=1, num_gpus=0.5)
class Trial:
    """A trial with half a GPU."""

    def gpu(self):
        """Returns what CUDA would see."""
        return os.environ["CUDA_VISIBLE_DEVICES"]


def main():
    """Starts as many trials as two GPUs have halves."""
    with local_ray(SimpleNamespace(cpus=1, gpus=0.5, concurrent=4)):
        trials = [Trial.remote() for _ in range(4)]
        found = ray.get([trial.gpu.remote() for trial in trials])
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    sys.exit(run_command(main))
