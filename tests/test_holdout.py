"""Laws of the hold-out: sealed, opened on the record, one process at a time."""

import copy
import errno
import json
import os
import pickle
import subprocess
import sys

import pytest

from data_pipeline.errors import RunError, SealedError
from data_pipeline.holdout import HoldOut, Receipts
from tests.strategies_tables import sample, table_of


def sealed(fingerprint="f" * 64):
    """Seals two subjects of one image and two images."""
    rows = [sample("S010", 1), sample("S005", 1), sample("S010", 2)]
    return HoldOut(table_of(rows), fingerprint=fingerprint)


@pytest.fixture
def receipts(tmp_path):
    """Gives receipts in a folder that does not exist yet."""
    return Receipts(tmp_path / "runs" / "receipts.jsonl")


def test_shows_counts_only():
    """What can be read without opening is who and how many, never what."""
    held = sealed()
    assert held.subjects == ("S005", "S010")
    assert held.images == 3
    assert repr(held) == "HoldOut(2 subjects, 3 images, sealed)"
    shown = [getattr(held, name) for name in dir(held) if not name.startswith("_")]
    assert not any(hasattr(value, "frame") for value in shown)
    assert not hasattr(held, "__dict__")


@pytest.mark.parametrize("how", [pickle.dumps, copy.copy, copy.deepcopy])
def test_stays(how):
    """A hold-out is neither pickled nor copied."""
    with pytest.raises(TypeError, match="development table"):
        how(sealed())


def test_key():
    """The key is of data and subjects: the same for the same, other for other data."""
    assert sealed().key == sealed().key
    assert sealed("0" * 64).key != sealed().key
    others = HoldOut(table_of([sample("S005", 1)]), fingerprint="f" * 64)
    assert others.key != sealed().key


def test_first(receipts):
    """The first opening gives the table, leaves one receipt and is number 1."""
    opened = sealed().open(receipts, run="a", model="m", reopen=False)
    assert (len(opened.table), opened.opened) == (3, 1)
    line = json.loads(receipts.path.read_text())
    assert line | {"time": ""} == {
        "key": sealed().key, "run": "a", "model": "m", "time": "", "reopened": False,
    }  # fmt: skip
    assert receipts.count(sealed().key) == 1


def test_again(receipts):
    """Another run or model is refused, unless it asks to reopen, and then counted."""
    sealed().open(receipts, run="a", model="m", reopen=False)
    for run, model in (("b", "m"), ("a", "n")):
        with pytest.raises(SealedError, match=r"receipts\.jsonl.*by run a.*--reopen"):
            sealed().open(receipts, run=run, model=model, reopen=False)
    assert receipts.count(sealed().key) == 1
    opened = sealed().open(receipts, run="b", model="m", reopen=True)
    assert opened.opened == 2
    lines = [json.loads(line) for line in receipts.path.read_text().splitlines()]
    assert [line["reopened"] for line in lines] == [False, True]


def test_crash(receipts):
    """The same run with the same model goes on uncounted, also after a reopening."""
    sealed().open(receipts, run="a", model="m", reopen=False)
    assert sealed().open(receipts, run="a", model="m", reopen=False).opened == 1
    sealed().open(receipts, run="b", model="n", reopen=True)
    assert sealed().open(receipts, run="b", model="n", reopen=False).opened == 2


def test_asked_again(receipts):
    """Who asks to reopen is counted, even with the same model."""
    sealed().open(receipts, run="a", model="m", reopen=True)
    assert sealed().open(receipts, run="a", model="m", reopen=True).opened == 2


def test_other_data(receipts):
    """Receipts of other data do not count."""
    sealed("0" * 64).open(receipts, run="a", model="m", reopen=False)
    assert sealed().open(receipts, run="b", model="n", reopen=False).opened == 1


@pytest.mark.parametrize(
    "torn",
    [b'{"key": "12', b"\0\0\0\0", b"\xff\xfe\n", b"[]\n", b"null\n", b'{"key": 1}\n'],
)
def test_torn(receipts, torn):
    """A line that cannot be read may have been this hold-out's: it counts."""
    receipts.path.parent.mkdir()
    receipts.path.write_bytes(torn)
    assert receipts.count(sealed().key) == 1
    with pytest.raises(SealedError, match="torn"):
        sealed().open(receipts, run="a", model="m", reopen=False)
    assert sealed().open(receipts, run="a", model="m", reopen=True).opened == 2
    content = receipts.path.read_bytes()
    assert content.startswith(torn)
    assert json.loads(content.splitlines()[-1])["run"] == "a"


def test_no_receipt(tmp_path):
    """Where the receipt cannot be written nothing is opened."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="nothing was opened"):
        sealed().open(
            Receipts(tmp_path / "file" / "x"), run="a", model="m", reopen=False
        )


def test_full_disk(receipts, monkeypatch):
    """Where the receipt does not reach the disk nothing is opened either."""

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="No space left"):
        sealed().open(receipts, run="a", model="m", reopen=False)


CONTEND = """
import sys
from pathlib import Path
from data_pipeline.errors import SealedError
from data_pipeline.holdout import HoldOut, Receipts
from data_pipeline.samples import Sample, sample_table
row = Sample(image="a.png", subject="S005", sequence="1", emotion=None,
             high_level_emotion="negative", action_units={}, place="row 2")
table = sample_table([row], root=Path("x"), action_units=(), source="t", channels=1)
held = HoldOut(table, fingerprint="f" * 64)
print("ready", flush=True)
sys.stdin.readline()
try:
    held.open(Receipts(Path(sys.argv[1])), run=sys.argv[2], model="m", reopen=False)
except SealedError:
    print("sealed")
else:
    print("opened")
"""


def test_two_processes(receipts):
    """Of several processes at once exactly one opens."""
    processes = [
        subprocess.Popen(  # noqa: S603 (our own interpreter and code)
            [sys.executable, "-c", CONTEND, receipts.path, f"run{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    found = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
    assert found == ["opened", "sealed", "sealed"]
    assert len(receipts.path.read_text().splitlines()) == 1
