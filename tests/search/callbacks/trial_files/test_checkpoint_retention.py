"""Which trials keep their models on disk, and when the others' are deleted."""

import json
from pathlib import Path

from search.callbacks.trial_files.checkpoint_retention import CheckpointRetention
from search.run_folder import RunFolder
from search.trial.checkpoints import trial_folder
from tests.factories.ledger import begin, complete, crash, many, prune
from tests.factories.runs import contents


def written(folder, number):
    """Writes the files that the worker of a trained trial leaves."""
    path = trial_folder(folder, number) / "fold-1" / "epoch-0003.keras"
    path.parent.mkdir(parents=True)
    path.write_text(f"model {number}")
    return number


def keeper(folder, keep=2):
    """Watches a ledger; a sidecar has the trial's number."""

    def describe(record, path):
        assert path.read_text() == f"model {record.number}"
        return {"trial": record.number}

    return CheckpointRetention(folder, keep=keep, describe=describe)


def kept(folder):
    """Lists the trials that have models, each with its sidecar."""
    found = []
    for path in sorted(Path(folder).glob("trial-*")):
        number = int(path.name.removeprefix("trial-"))
        assert sorted(contents(path)) == [
            "fold-1/epoch-0003.json",
            "fold-1/epoch-0003.keras",
        ]
        sidecar = json.loads((path / "fold-1" / "epoch-0003.json").read_text())
        assert sidecar == {"trial": number}
        found.append(number)
    return found


def test_the_best_trials_keep_their_models(tmp_path):
    """After each trial the best so far have models and sidecars; pruned ones not."""
    place = tmp_path / "checkpoints"
    ledger = begin(tmp_path, many(6), callbacks=[keeper(place)])
    outcomes = [complete(0.5), prune(), complete(0.7), complete(0.5), complete(0.9)]
    expected = [[0], [0], [0, 2], [0, 2], [2, 4]]
    for outcome, numbers in zip(outcomes, expected, strict=True):
        ledger.tell(written(place, ledger.ask().number), outcome)
        assert kept(place) == numbers


def test_each_trial_is_read_once(tmp_path):
    """All trials are read at the start, and then only the one that has ended."""
    place, read = tmp_path / "checkpoints", []
    callback = keeper(place)
    ledger = begin(tmp_path, many(6), callbacks=[callback])

    def records(*numbers):
        read.append(numbers)
        return ledger.records(*numbers)

    callback.on_search_start(records)
    for value in (0.5, 0.7, 0.6):
        ledger.tell(written(place, ledger.ask().number), complete(value))
    ledger.close()
    assert read == [(), (0,), (1,), (2,)]
    assert kept(place) == [1, 2]


def test_what_others_put_there_is_left(tmp_path):
    """Files and folders of a person, whatever their names begin with, stay."""
    place = tmp_path / "checkpoints"
    written(place, 7)
    copied = (place / "trial-0007").rename(place / "trial-0007-mine")
    (place / "trial-notes.txt").write_text("the best so far")
    written(place, 7)
    before = sorted(contents(copied))
    begin(tmp_path, callbacks=[keeper(place)])
    assert sorted(contents(copied)) == before
    assert (place / "trial-notes.txt").read_text() == "the best so far"
    assert not (place / "trial-0007").exists()


def test_a_running_trial_keeps_what_it_writes(tmp_path):
    """While others end, the files of a running trial stay."""
    place = tmp_path / "checkpoints"
    ledger = begin(tmp_path, callbacks=[keeper(place, keep=1)])
    running, other = ledger.ask().number, ledger.ask().number
    written(place, running)
    ledger.tell(written(place, other), complete(0.9))

    assert sorted(contents(trial_folder(place, running))) == ["fold-1/epoch-0003.keras"]
    ledger.tell(running, complete(0.8))
    assert kept(place) == [other]


def test_what_a_crash_leaves_is_swept(tmp_path):
    """The next start deletes an interrupted trial's files and adds lacking sidecars."""
    place = tmp_path / "checkpoints"
    ledger = begin(tmp_path, callbacks=[keeper(place)])
    ledger.tell(written(place, ledger.ask().number), complete(0.5))
    written(place, ledger.ask().number)
    (trial_folder(place, 0) / "fold-1" / "epoch-0003.json").unlink()
    crash(ledger)
    begin(tmp_path, callbacks=[keeper(place)])

    assert kept(place) == [0]


def test_fewer_may_be_kept_later(tmp_path):
    """A resumed run with a lower number of checkpoints keeps those of the best."""
    place = tmp_path / "checkpoints"
    ledger = begin(tmp_path, callbacks=[keeper(place)])
    for value in (0.5, 0.9):
        ledger.tell(written(place, ledger.ask().number), complete(value))
    ledger.close()
    assert kept(place) == [0, 1]
    begin(tmp_path, callbacks=[keeper(place, keep=1)])
    assert kept(place) == [1]


def test_trials_without_models_take_no_place(tmp_path):
    """Where checkpoints are enabled later, only trials with models are ranked."""
    place = tmp_path / "checkpoints"
    ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, complete(0.9))
    ledger.close()
    ledger = begin(tmp_path, callbacks=[keeper(place, keep=1)])
    for value in (0.5, 0.4):
        ledger.tell(written(place, ledger.ask().number), complete(value))
    assert kept(place) == [1]


def test_each_storage_has_checkpoints_of_its_own(tmp_path):
    """Trials of two storages have the same numbers; neither sweeps the other's."""
    folder = RunFolder(out=tmp_path, name="small")
    found = {folder.checkpoints(url) for url in (folder.storage, "sqlite:///b.db")}
    assert len(found) == 2
    assert folder.checkpoints(folder.storage) == folder.path / "checkpoints"
