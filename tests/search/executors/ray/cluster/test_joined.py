"""What a cluster needs before it is joined: an address, code, versions and room."""

import signal
import socket
import threading
import time
from types import SimpleNamespace

import pytest
import ray

from data_pipeline.system.errors import InputError, RunError
from search.executors.heartbeat import Beat
from search.executors.ray.cluster import joined, watch
from search.executors.ray.cluster import nodes as cluster_nodes
from search.executors.ray.cluster.code import stage_code
from search.executors.ray.cluster.nodes import (
    ask_nodes,
    check_unambiguous,
    check_versions,
    places,
)
from search.executors.ray.environment import set_joined_environment, set_ray_environment
from search.pipeline.opening import check_address
from search.pipeline.run_study import RunRequest
from tests.fakes.nvidia_smi import cards, install

TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "theirs", "RAY_ADDRESS": "h:1"}


@pytest.mark.parametrize(
    "address", ["auto", "10.0.0.4:6379", "ray://head.example.org:10001"]
)
def test_addresses(address):
    """Ray's three kinds of address are taken."""
    check_address(RunRequest(study="smoke", address=address))


@pytest.mark.parametrize("address", ["local", "head", "http://h:1", "h:x", "a@h:1"])
def test_wrong_addresses(address):
    """Any other is wrong input; ``local`` would start a Ray of its own."""
    with pytest.raises(InputError, match="--address is auto, HOST:PORT"):
        check_address(RunRequest(study="smoke", address=address))


def test_the_serial_executor_has_no_cluster():
    """An address that nothing would use is wrong input."""
    with pytest.raises(InputError, match="leave out --executor serial"):
        check_address(RunRequest(study="smoke", executor="serial", address="auto"))


def test_auto_takes_no_cluster_at_random(monkeypatch):
    """With several clusters on a machine, one is to be named; ``RAY_ADDRESS`` does."""
    found = ["10.0.0.4:6379", "10.0.0.4:7000"]
    monkeypatch.setattr(cluster_nodes.services, "find_gcs_addresses", lambda: {*found})
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(InputError, match=r"2 Ray clusters .*--address 10\.0"):
        check_unambiguous("auto")
    check_unambiguous("10.0.0.4:7000")
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.4:7000")
    check_unambiguous("auto")
    monkeypatch.delenv("RAY_ADDRESS")
    found.pop()
    check_unambiguous("auto")


def test_a_clusters_token_is_the_users():
    """It is kept where a cluster is joined, also after a search on this machine."""
    variables = dict(TOKEN)
    set_joined_environment(variables)
    assert variables.items() >= TOKEN.items()
    set_ray_environment(variables)
    assert variables["RAY_AUTH_TOKEN"] != TOKEN["RAY_AUTH_TOKEN"]
    set_joined_environment(variables)
    assert variables.items() >= TOKEN.items()
    assert "RAY_enable_worker_prestart" not in variables


def test_sigterm_stays_with_the_search(monkeypatch):
    """Ray does not handle SIGTERM in a driver: a search that is told to stop stops."""
    handlers = []
    monkeypatch.setattr(signal, "signal", lambda *words: handlers.append(words))
    before = signal.getsignal(signal.SIGTERM)
    cluster = joined.Cluster("127.0.0.1:none", cpus=1, most=1, modules=())
    with pytest.raises(RunError, match="cannot be joined"):
        _ = cluster.nodes
    cluster.leave()
    assert {handler for _, handler in handlers} <= {before}


def test_all_differences_are_named():
    """One message has every version that differs, and the node."""
    here = {"keras": "3.15.0", "python": "3.12.1", "ray": "2.60.0"}
    check_versions(here, dict(here), "10.0.0.5 abc")
    there = {"keras": "3.14.0", "python": "3.12.1", "jax": "0.9"}
    with pytest.raises(RunError) as found:
        check_versions(here, there, "10.0.0.5 abc")
    assert "10.0.0.5 abc" in str(found.value)
    assert "keras 3.14.0 there, 3.15.0 here" in str(found.value)
    assert "ray none there, 2.60.0 here" in str(found.value)
    assert "jax 0.9 there, none here" in str(found.value)
    assert "python" not in str(found.value)


@pytest.mark.parametrize(
    ("cpus", "gpus", "expected"), [(1, 0.0, 11), (4, 0.0, 2), (1, 0.5, 4), (2, 2, 1)]
)
def test_a_trial_is_on_one_node(cpus, gpus, expected):
    """Cores and GPUs that are left on several nodes make no place together."""
    nodes = [
        {"Resources": {"CPU": 8.0, "GPU": 2.0}},
        {"Resources": {"CPU": 3.0}},
        {"Resources": {"memory": 1e9}},
    ]
    assert places(nodes, cpus=cpus, gpus=gpus) == expected


def test_own_code_travels(tmp_path, monkeypatch):
    """A module that is not installed comes along, with the files beside it."""
    own, folder = tmp_path / "own", tmp_path / "staged"
    (own / "package").mkdir(parents=True)
    (own / "package" / "__init__.py").write_text("")
    (own / "nets_of_mine.py").write_text("import blocks_of_mine")
    (own / "blocks_of_mine.py").write_text("")
    monkeypatch.syspath_prepend(str(own))
    stage_code(folder, ["nets_of_mine", "package.deep", "numpy", "missing"])
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("data_pipeline", "models", "search"),
        *("nets_of_mine.py", "blocks_of_mine.py", "package"),
    }


def test_each_node_is_asked(monkeypatch):
    """Nodes that share an address, as two on one machine do, both answer."""
    strategies = []
    asking = SimpleNamespace(
        options=lambda scheduling_strategy: SimpleNamespace(
            remote=lambda gpus: (
                strategies.append((scheduling_strategy, gpus)) or len(strategies)
            )
        )
    )
    fake = SimpleNamespace(
        remote=lambda **_: lambda _: asking,
        nodes=lambda: [
            {
                "Alive": True,
                "NodeID": name * 56,
                "NodeManagerAddress": "10.0.0.5",
                "Resources": {"CPU": cpus, "GPU": 1.0},
            }
            for name, cpus in (("a", 2.0), ("b", 2.0), ("c", 0.0))
        ],
        get=lambda asked, **_: asked,
    )
    monkeypatch.setattr(cluster_nodes, "ray", fake)
    assert ask_nodes() == [1, 2]
    assert [(one.node_id, gpus) for one, gpus in strategies] == [
        ("a" * 56, 1),
        ("b" * 56, 1),
    ]


def test_gpus_that_ray_may_not_give(tmp_path, monkeypatch):
    """No trial waits for a GPU of the machine that its node in Ray does not have."""
    install(tmp_path, monkeypatch, answer=cards(8000, 8000))
    monkeypatch.setattr(cluster_nodes, "node_name", lambda: "10.0.0.5 a1")
    for resources, count in (({}, 0), ({"GPU": 1.0}, 1), ({"GPU": 8.0}, 2)):
        gpus = cluster_nodes.gpus_of({"Resources": resources})
        assert len(cluster_nodes.describe_node(gpus).gpus) == count


def test_a_node_that_dies_is_left_out(monkeypatch):
    """One that does not answer is an error only while it lives."""
    node = {"NodeID": "a1", "NodeManagerAddress": "10.0.0.5"}
    living = [node]

    def lost(*_, **__):
        raise RuntimeError("no such node")

    monkeypatch.setattr(cluster_nodes, "ray", SimpleNamespace(get=lost))
    monkeypatch.setattr(cluster_nodes, "live_nodes", lambda: living)
    with pytest.raises(RunError, match=r"node 10\.0\.0\.5 a1 .*: .*no such node"):
        cluster_nodes.answer_of(node, None)
    living.clear()
    assert cluster_nodes.answer_of(node, None) is None


def test_a_head_that_is_off_is_noticed_in_time(monkeypatch, tmp_path):
    """Where nothing refuses a connection, each look counts for as long as it waited."""
    clock, ended = [0.0], []

    def dropped(_, timeout):
        clock[0] += timeout
        raise TimeoutError

    def end(*_):
        ended.append(clock[0])

    class Stopped:
        """A wait that takes no time."""

        def wait(self, seconds):
            """Lets the clock go on."""
            clock[0] += seconds
            return bool(ended)

    monkeypatch.setattr(socket, "create_connection", dropped)
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(watch, "_end", end)
    head = watch.Server(name="the head", address=("10.0.0.4", 6379), looks=40)
    looking = watch.Watch([head], tmp_path)
    monkeypatch.setattr(looking, "_stopped", Stopped())
    looking.run()
    assert 40 < ended[0] <= 44


def test_a_look_ends_before_the_connection(monkeypatch, tmp_path):
    """The watch asks nothing once it was stopped: a Ray of its own would be started."""
    reading, asked = threading.Event(), []

    class Slow:
        """A board that answers late."""

        def read(self, _):
            """Takes its time."""
            reading.set()
            time.sleep(0.2)
            asked.append(time.monotonic())
            return {}

    monkeypatch.setattr(watch, "EVERY", 0.01)
    with watch.watched([], tmp_path) as looking:
        assert not reading.wait(0.1), "there are no workers yet"
        with looking.workers(Slow(), kill=lambda _: None, lives=lambda _: True):
            assert reading.wait(5)
    ended = time.monotonic()
    time.sleep(0.3)
    assert asked
    assert max(asked) <= ended


def test_what_kills_a_worker_can_be_sent(monkeypatch):
    """Ray takes functions of Python alone; it is sent to the worker's node."""
    sent, remote = [], ray.remote

    def checked(**options):
        def taken(function):
            remote(**options)(function)
            return SimpleNamespace(
                options=lambda scheduling_strategy: SimpleNamespace(
                    remote=lambda *words: sent.append(
                        (scheduling_strategy.node_id, *words)
                    )
                )
            )

        return taken

    alive = [{"Alive": True, "NodeID": name * 56} for name in "ab"]
    fake = SimpleNamespace(remote=checked, nodes=lambda: alive)
    monkeypatch.setattr(cluster_nodes, "ray", fake)
    cluster_nodes.kill_process(
        Beat(pid=7, trial="", beats=1, node="10.0.0.5 bbbbbbbb", process=3)
    )
    assert sent == [("b" * 56, 7, 3)]


def test_the_processes_of_a_lost_node_are_dead(monkeypatch):
    """A worker lives where its node says so, or does not answer; else it is dead."""
    answers = {"a": True, "b": False}

    def get(asked, *, timeout):
        assert timeout > 0
        return answers[asked]

    asking = SimpleNamespace(
        options=lambda scheduling_strategy: SimpleNamespace(
            remote=lambda *_: scheduling_strategy.node_id[0]
        )
    )
    alive = [{"Alive": True, "NodeID": name * 56} for name in "abc"]
    fake = SimpleNamespace(
        remote=lambda **_: lambda _: asking, nodes=lambda: alive, get=get
    )
    monkeypatch.setattr(cluster_nodes, "ray", fake)
    found = [
        cluster_nodes.process_lives(
            Beat(pid=7, trial="", beats=1, node=f"10.0.0.5 {name * 8}")
        )
        for name in "abcd"
    ]
    assert found == [True, False, True, False]
