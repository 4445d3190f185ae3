"""A small soak: over a run's trials nothing is left open."""

import pytest

from tests.benchmarks.survival.soak import at, soak


@pytest.mark.slow
def test_nothing_is_left_open(tmp_path, coursework):
    """Over 60 trials of one run, handles, threads and processes do not grow."""
    samples = soak(tmp_path, coursework, 60, every=0.2)
    assert len(samples) > 10
    for name in ("handles", "threads", "processes"):
        assert at(samples, name, 1.0) <= at(samples, name, 0.5) + 1, (name, samples)
