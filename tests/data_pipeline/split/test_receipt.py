"""Laws of receipts: the same people are found again, however their labels read."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.config.dataset_identity import population
from data_pipeline.dataset.sample_table import Sample, sample_table
from data_pipeline.split.holdout import HoldOut
from data_pipeline.split.receipt import Members, Opener, Receipt, read_receipts, to_line
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.synthetic.write import MARKER
from data_pipeline.system.errors import DataError, SealedError
from tests.strategies.tables import LAW, sample, table_of

PEOPLE = st.sets(st.sampled_from([f"S{number:03d}" for number in range(12)]))


def of(*people, data="ckplus", **more):
    """Makes members."""
    return Members(data=data, subjects=people, **more)


@LAW
@given(PEOPLE, PEOPLE, PEOPLE)
def test_overlaps_are_counted(mine, one, other):
    """Over several openings each subject counts once; other data sets do not count."""
    openings = [of(*one), of(*other), of(*mine, data="ferplus")]
    assert of(*mine).count_in(openings) == len(mine & (one | other))


def test_one_person_in_two_spellings():
    """A table that spells its ids otherwise has the same people."""
    assert of("s010", "S-005", "S999").count_in([of("S010", "S005")]) == 2


def opened(receipts, held, run, *, data="ckplus", reopen=False):
    """Opens a hold-out for a run with its own model."""
    opener = Opener(run=run, model=f"of {run}")
    return held.open(receipts, opener, data=data, rule={}, reopen=reopen)


def test_the_same_people_under_other_labels(tmp_path):
    """One shared person makes an opening; error and count give the number."""
    receipts = Receipts(tmp_path / "receipts.jsonl")
    first = HoldOut(table_of([sample(name, 1) for name in ("S005", "S010", "S011")]))
    frames = [sample("S010", 1), sample("S010", 2, basic="fear"), sample("S022", 1)]
    second = HoldOut(table_of(frames))
    others = HoldOut(table_of([sample("S033", 1)]))

    assert opened(receipts, first, "a").opened == 1
    with pytest.raises(SealedError, match="1 of its subjects were tested then"):
        opened(receipts, second, "b")
    again = opened(receipts, second, "b", reopen=True)
    assert (again.opened, again.tested_before) == (2, 1)
    assert opened(receipts, others, "c").opened == 1
    assert opened(receipts, first, "d", data="another set").opened == 1


def pictures(root, contents, part="test", source="ferplus"):
    """Seals images without subjects, whose files have these contents."""
    root.mkdir()
    rows = []
    for name, content in contents.items():
        (root / name).write_bytes(content)
        row = Sample(
            image=name, subject=None, sequence=None, emotion=None,
            high_level_emotion=None, action_units={}, place="", partition=part,
        )  # fmt: skip
        rows.append(row)
    table = sample_table(rows, root=root, action_units=(), source=source, channels=1)
    return HoldOut(table)


def test_the_same_pictures(tmp_path):
    """Without subjects, files of the same bytes are found under other names."""
    receipts = Receipts(tmp_path / "receipts.jsonl")
    one = pictures(tmp_path / "a", {"1.png": b"one", "2.png": b"two"}, part=None)
    two = pictures(tmp_path / "b", {"x.png": b"two", "y.png": b"three"}, part=None)
    new = pictures(tmp_path / "c", {"1.png": b"four"}, part=None)
    opened(receipts, one, "a")
    with pytest.raises(SealedError, match="1 of its images were tested then"):
        opened(receipts, two, "b")
    assert opened(receipts, new, "c").opened == 1


def test_the_same_published_part(tmp_path):
    """It is the same pictures, in files of other bytes too; withheld parts differ."""
    receipts = Receipts(tmp_path / "receipts.jsonl")
    opened(receipts, pictures(tmp_path / "a", {"1.png": b"one"}), "a")
    again = pictures(tmp_path / "b", {"1.png": b"one, written anew", "2.png": b"two"})
    assert opened(receipts, again, "b", reopen=True).tested_before == 2
    for number in (1, 2):
        own = {f"{number}.png": str(number).encode()}
        held = pictures(tmp_path / f"own{number}", own, source="affectnet")
        assert opened(receipts, held, f"own{number}", data="affectnet").opened == 1


def test_a_picture_that_comes_back(tmp_path):
    """A test that ended at a missing file continues uncounted once it is restored."""
    receipts = Receipts(tmp_path / "receipts.jsonl")
    held = pictures(tmp_path / "a", {"1.png": b"one", "2.png": b"two"}, part=None)
    (tmp_path / "a" / "1.png").unlink()
    opened(receipts, held, "a")
    (tmp_path / "a" / "1.png").write_bytes(b"one")
    assert opened(receipts, held, "a").opened == 1


def test_no_picture_is_there(tmp_path):
    """Where nothing could be tested, no receipt is spent."""
    receipts = Receipts(tmp_path / "receipts.jsonl")
    held = pictures(tmp_path / "a", {"1.png": b"one"})
    (tmp_path / "a" / "1.png").unlink()
    with pytest.raises(DataError, match="none of the hold-out's 1 images can be read"):
        opened(receipts, held, "a")
    assert receipts.read() == []


@LAW
@given(PEOPLE.filter(bool), st.text(max_size=5), st.sampled_from(["test", None]))
def test_a_line_reads_as_it_was_written(people, run, part):
    """A receipt is read back from its line, whatever its names."""
    receipt = Receipt(
        members=of(*sorted(people), part=part),
        opener=Opener(run=run, model="m"),
        rule={"by": "subject", "hold_out": 0.2, "hold_out_seed": 1},
        time="2026-11-29T00:00:00+00:00",
    )
    assert read_receipts(to_line(receipt, reopened=False) + b"\n") == [receipt]


@pytest.mark.parametrize("key", ["data", "part", "run", "model", "time"])
def test_a_line_of_other_kinds_counts_for_everybody(key):
    """A line with a number in place of a text may concern anybody."""
    opener = Opener(run="a", model="m")
    receipt = Receipt(members=of("S010"), opener=opener, rule={}, time="t")
    values = json.loads(to_line(receipt, reopened=False))
    line = json.dumps(values | {key: 1}).encode()
    assert [old.members for old in read_receipts(line)] == [None]


def test_whom_a_folder_shows(tmp_path):
    """Labels and layouts of one set show the same people; other seeds show others."""
    names = {
        population(name, tmp_path, synthetic=False) for name in ("fer2013", "ferplus")
    }
    assert len(names) == 1
    assert population("synthetic", tmp_path, synthetic=False) == "ckplus"

    def shown(seed, layout):
        text = f"Layout {layout}\nseed: {seed}\nversion: 3\ndigest: {layout}\n"
        (tmp_path / MARKER).write_text(text)
        return population("ckplus", tmp_path, synthetic=True)

    assert shown(1, "official") == shown(1, "coursework") != "ckplus"
    assert shown(1, "official") != shown(2, "official")
    (tmp_path / MARKER).write_text("by hand")
    (tmp_path / "table.csv").write_text("")
    whole = population("ckplus", tmp_path, synthetic=True)
    assert whole == population("ckplus", Path(tmp_path / "table.csv"), synthetic=True)
    assert whole != shown(1, "official")
