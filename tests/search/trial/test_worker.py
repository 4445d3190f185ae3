"""A worker whose device has too little memory."""

import numpy as np

from search.trial.messages import Pruned, TrialRequest
from search.trial.worker import Worker
from tests.fakes.model_cost import FakeCosts
from tests.fakes.trainer import follow, job_of, trial

REQUEST = TrialRequest(number=0, seed=1, values={}, seconds=0.0)


class FullDevice(FakeCosts):
    """A trainer on a device without memory."""

    def fit(self, *_, **__):
        """Fails as TensorFlow does."""
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate")


def test_a_worker_that_ran_out_of_memory_is_replaced(tmp_path):
    """The trial is pruned with that reason; the next one gets a fresh process."""
    job = job_of(trial()[0].targets)
    path = tmp_path / "images.npy"
    np.save(path, np.zeros((len(job.rows), 16, 16, 1), np.uint8))
    object.__setattr__(job, "images", str(path))
    worker = Worker(job)
    assert not worker.is_too_large()
    worker._trainer = FullDevice()  # noqa: SLF001 - what fails is not the law
    reports, outcome = follow(worker.trial(REQUEST))
    assert reports == []
    assert isinstance(outcome, Pruned)
    assert (outcome.reason, outcome.spent.device_memory) == ("out_of_memory", 0)
    assert worker.is_too_large()
