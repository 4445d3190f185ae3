"""The laws of the post: what a worker writes arrives in the driver's folder."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from data_pipeline.system.errors import RunError
from search.executors.machine import project_versions
from search.executors.parcels import Parcel
from search.executors.post import LocalPost
from search.executors.ray.cluster.post import ActorBoard, ClusterPost, record_of
from search.trial.messages import RetrainRequest


@dataclass(frozen=True, kw_only=True)
class FakeJob:
    """What a post reads of a job."""

    images: str
    checkpoints: str | None


class HerePost(ClusterPost):
    """A cluster's post in this process, without Ray."""

    node = "here"


@pytest.fixture
def driver(tmp_path):
    """The driver's folder, with its pixels."""
    folder = tmp_path / "driver"
    folder.mkdir()
    np.save(folder / "images-1.npy", np.arange(8))
    (folder / "images-1.rows").write_bytes(b"checksums")
    return folder


def cluster_post(tmp_path, record):
    """Makes a cluster's post whose object store holds other pixels."""
    board = ActorBoard(None, get=lambda value: value)
    place = tmp_path / "node"
    place.mkdir()
    return HerePost(
        board=board,
        pixels=[np.ones(8)],
        record=record,
        here=project_versions(),
        place=str(place),
    )


@pytest.fixture(params=["local", "cluster"])
def post(request, tmp_path):
    """A post of each kind."""
    if request.param == "local":
        return LocalPost(tmp_path)
    return cluster_post(tmp_path, record="of another machine")


def test_files_arrive(post, driver):
    """Checkpoints and a model end in the driver's folders, whoever wrote them."""
    job = FakeJob(images=str(driver / "images-1.npy"), checkpoints=str(driver / "kept"))
    own = post.deliver(job).job
    file = Path(own.checkpoints) / "trial-0001" / "fold-1" / "epoch-0002.keras"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    unpack(post.collect(), driver / "kept")
    request = RetrainRequest(
        values={}, seed=1, stop_after=1, path=str(driver / "model.part.keras")
    )
    Path(post.readdress(request).path).write_bytes(b"model")
    unpack(post.collect(), driver)
    post.close()
    kept = driver / "kept" / "trial-0001" / "fold-1" / "epoch-0002.keras"
    assert kept.read_bytes() == b"weights"
    assert (driver / "model.part.keras").read_bytes() == b"model"
    assert sorted(path.name for path in driver.iterdir()) == [
        *("images-1.npy", "images-1.rows", "kept", "model.part.keras")
    ]


def unpack(parcel, folder):
    """Does what the bridge does."""
    if parcel is not None:
        parcel.unpack(folder)
        assert parcel.contents == {}, "Tune keeps the last result of each trial"


def test_pixels_of_another_machine_come_by_ray(tmp_path, driver):
    """No path of the driver is opened where its file is not the same one here."""
    job = FakeJob(images=str(driver / "images-1.npy"), checkpoints=None)
    away = cluster_post(tmp_path, record="of another machine")
    found = away.deliver(job)
    assert found.images.tolist() == [1] * 8
    assert Path(found.job.images).parent.parent == tmp_path / "node"
    assert found.job.checkpoints is None
    away.close()
    assert list((tmp_path / "node").iterdir()) == []


def test_pixels_on_shared_storage_are_mapped(tmp_path, driver):
    """The same checksums at the same path: nothing travels."""
    job = FakeJob(images=str(driver / "images-1.npy"), checkpoints=None)
    post = cluster_post(tmp_path, record=record_of(driver / "images-1.npy"))
    found = post.deliver(job)
    assert (found.images, found.job.images) == (None, job.images)


def test_what_a_dead_worker_left_is_not_sent(tmp_path):
    """Files of a process that had the same number are of another search."""
    post = cluster_post(tmp_path, record="")
    left = tmp_path / "node" / f"search-worker-{os.getpid()}" / "files"
    left.mkdir(parents=True)
    (left / "model.keras").write_bytes(b"another")
    assert post.collect().contents == {}
    post.close()


def test_unknown_pixels_are_not_the_same(tmp_path, driver):
    """Where neither machine can read the checksums, the pixels come by Ray."""
    (driver / "images-1.rows").unlink()
    job = FakeJob(images=str(driver / "images-1.npy"), checkpoints=None)
    post = cluster_post(tmp_path, record="")
    (driver / "images-1.npy").unlink()
    assert post.deliver(job).images.tolist() == [1] * 8
    post.close()


def test_another_version_is_named(tmp_path, driver):
    """A worker of another Keras refuses every trial, and names both versions."""
    post = cluster_post(tmp_path, record="")
    other = replace(post, here={**project_versions(), "keras": "9.9"})
    job = FakeJob(images=str(driver / "images-1.npy"), checkpoints=None)
    with pytest.raises(RunError, match=r"node here .* keras [\d.]+ there, 9\.9 here"):
        other.deliver(job)


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", ""])
def test_a_parcel_stays_in_its_folder(tmp_path, path):
    """A worker cannot have the driver write elsewhere."""
    with pytest.raises(RunError, match="a worker sent a file"):
        Parcel({path: b""}).unpack(tmp_path)
    assert list(tmp_path.iterdir()) == []
