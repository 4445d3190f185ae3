"""Laws of the hold-out: sealed, opened on the record, one process at a time."""

import copy
import json
import pickle
import subprocess
import sys

import pytest

from data_pipeline.split.holdout import HoldOut
from data_pipeline.split.receipt import Opener
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.system.errors import RunError, SealedError
from tests.strategies.tables import sample, table_of

DATA = {"data": "ckplus", "rule": {"by": "subject", "hold_out": 0.2}}


def sealed(*people):
    """Seals two subjects of one image and two images, or others."""
    rows = [sample("S010", 1), sample("S005", 1), sample("S010", 2)]
    return HoldOut(table_of([sample(name, 1) for name in people] or rows))


def opened_as(held, receipts, run, model, **words):
    """Opens a hold-out for a run and its model."""
    words = {**DATA, "reopen": False, **words}
    return held.open(receipts, Opener(run=run, model=model), **words)


@pytest.fixture
def receipts(tmp_path):
    """Gives receipts in a folder that does not exist yet."""
    return Receipts(tmp_path / "runs" / "receipts.jsonl")


def test_shows_counts_only():
    """An unopened hold-out shows its subjects and counts, never its rows."""
    held = sealed()
    assert held.subjects == ("S005", "S010")
    assert held.images == 3
    assert repr(held) == "HoldOut(2 subjects, 3 images, sealed)"
    shown = [getattr(held, name) for name in dir(held) if not name.startswith("_")]
    assert not any(hasattr(value, "frame") for value in shown)
    assert not hasattr(held, "__dict__")


@pytest.mark.parametrize("how", [pickle.dumps, copy.copy, copy.deepcopy])
def test_stays(how):
    """A hold-out can be neither pickled nor copied."""
    with pytest.raises(TypeError, match="development table"):
        how(sealed())


def test_key():
    """The key is of the people: the same for the same, other for others."""
    assert sealed().key == sealed("S005", "S010").key
    assert sealed().key != sealed("S005").key


def test_first(receipts):
    """The first opening gives the table, leaves one receipt and is number 1."""
    opened = opened_as(sealed(), receipts, "a", "m")
    assert (len(opened.table), opened.opened, opened.tested_before) == (3, 1, 0)
    line = json.loads(receipts.path.read_text())
    assert line | {"time": ""} == {
        "data": "ckplus", "subjects": ["S005", "S010"], "pictures": [], "part": None,
        "rule": DATA["rule"], "run": "a", "model": "m", "time": "", "reopened": False,
    }  # fmt: skip
    assert len(receipts.read()) == 1


def test_again(receipts):
    """Another run or model is refused; with --reopen it is counted."""
    opened_as(sealed(), receipts, "a", "m")
    for run, model in (("b", "m"), ("a", "n")):
        with pytest.raises(SealedError, match=r"receipts\.jsonl.*by run a.*--reopen"):
            opened_as(sealed(), receipts, run, model)
    assert len(receipts.read()) == 1
    opened = opened_as(sealed(), receipts, "b", "m", reopen=True)
    assert (opened.opened, opened.tested_before) == (2, 2)
    lines = [json.loads(line) for line in receipts.path.read_text().splitlines()]
    assert [line["reopened"] for line in lines] == [False, True]


def test_what_could_not_be_opened_is_known_before(receipts):
    """The check refuses whom another run tested, opens nothing, and needs no model."""
    held = sealed()
    held.check_untested(receipts, "b", **DATA)
    opened_as(sealed("S005"), receipts, "a", "m")
    text = receipts.path.read_text()
    with pytest.raises(SealedError, match=r"by run a.*--until retrain.*--reopen"):
        held.check_untested(receipts, "b", **DATA)
    held.check_untested(receipts, "b", **DATA | {"data": "another"})
    sealed("S010").check_untested(receipts, "b", **DATA)
    assert receipts.path.read_text() == text


def test_crash(receipts):
    """The same run and model continue uncounted, also after a reopening."""
    opened_as(sealed(), receipts, "a", "m")
    again = opened_as(sealed(), receipts, "a", "m")
    assert (again.opened, again.tested_before) == (1, 0)
    opened_as(sealed(), receipts, "b", "n", reopen=True)
    again = opened_as(sealed(), receipts, "b", "n")
    assert (again.opened, again.tested_before) == (2, 2)


def test_reopened_again(receipts):
    """Each reopening is counted, even with the same model."""
    opened_as(sealed(), receipts, "a", "m", reopen=True)
    assert opened_as(sealed(), receipts, "a", "m", reopen=True).opened == 2


@pytest.mark.parametrize(
    "torn",
    [
        b'{"key": "12',
        b"\0\0\0\0",
        b"\xff\xfe\n",
        b"[]\n",
        b"null\n",
        b'{"key": 1}\n',
        b"[" * 100_000,
    ],
)
def test_torn(receipts, torn):
    """An unreadable line may be this hold-out's receipt: it counts."""
    receipts.path.parent.mkdir()
    receipts.path.write_bytes(torn)
    assert len(receipts.read()) == 1
    with pytest.raises(SealedError, match=r"torn line\); 2 of its subjects"):
        opened_as(sealed(), receipts, "a", "m")
    opened = opened_as(sealed(), receipts, "a", "m", reopen=True)
    assert (opened.opened, opened.tested_before) == (2, 2)
    content = receipts.path.read_bytes()
    assert content.startswith(torn)
    assert json.loads(content.splitlines()[-1])["run"] == "a"


def test_no_receipt(tmp_path):
    """Without a written receipt nothing is opened."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="nothing was opened"):
        opened_as(sealed(), Receipts(tmp_path / "file" / "x"), "a", "m")


CONTEND = """
import sys
from pathlib import Path
from data_pipeline.system.errors import SealedError
from data_pipeline.split.holdout import HoldOut
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.split.receipt import Opener
from data_pipeline.dataset.sample_table import Sample, sample_table
row = Sample(image="a.png", subject="S005", sequence="1", emotion=None,
             high_level_emotion="negative", action_units={}, place="row 2")
table = sample_table([row], root=Path("x"), action_units=(), source="t", channels=1)
held = HoldOut(table)
opener = Opener(run=sys.argv[2], model="m")
print("ready", flush=True)
sys.stdin.readline()
try:
    held.open(Receipts(Path(sys.argv[1])), opener, data="d", rule={}, reopen=False)
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
