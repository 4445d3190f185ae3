"""Laws of idle workers: a task goes to the one that has its graph."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.executors.idle_workers import IdleWorkers
from tests.factories.runs import ended

WORKERS = st.dictionaries(
    st.sampled_from("abcdef"), st.frozensets(st.integers(0, 8)), min_size=1
)


def idle(graphs):
    """Makes workers idle that have run these graphs."""
    found = IdleWorkers()
    for worker, run in graphs.items():
        found.has_run(worker, run)
        assert found.cache_object("cpu", worker)
    return found


@given(graphs=WORKERS, wanted=st.frozensets(st.integers(0, 8)))
def test_a_task_goes_to_the_worker_with_its_graphs(graphs, wanted):
    """No idle worker has more of a task's graphs, nor as many and fewer others."""
    workers = idle(graphs)
    workers.expect(wanted)
    taken = workers.pop_cached_object("cpu")

    def fit(worker):
        return len(graphs[worker] & wanted), -len(graphs[worker])

    assert fit(taken) == max(map(fit, graphs))
    assert workers.num_cached_objects == len(graphs) - 1


@given(graphs=WORKERS)
def test_all_idle_workers_are_kept_until_the_end(graphs):
    """None is ended in between; at the end each is, once."""
    workers = idle(graphs)
    assert workers.flush_cached_objects() == []
    assert set(workers.flush_cached_objects(force_all=True)) == set(graphs)
    assert not workers.has_cached_object("cpu")
    assert workers.pop_cached_object("cpu") is None


def test_a_worker_that_has_ended_is_not_taken():
    """A worker that failed takes no task, though it was idle."""
    workers = idle({"a": {1}, "b": set()})
    workers.forget("a")
    workers.forget("unknown")
    workers.expect({1})
    assert workers.pop_cached_object("cpu") == "b"


@pytest.mark.slow
def test_retrainings_go_to_the_workers_with_their_graphs(start):
    """With Ray: all workers stay, and each retrains what it has the graph of."""
    answer = ended(start("tests.factories.processes.routed_ray"))
    assert (answer.code, answer.err) == (0, "")
    found = json.loads(answer.out)
    assert len(set(found["trials"].values())) == len(found["trials"])
    assert found["retrainings"] == found["trials"]
