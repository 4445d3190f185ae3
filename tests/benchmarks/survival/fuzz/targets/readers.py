"""Data folders and tables in every layout, with other cells, bytes, names and links."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from hypothesis import strategies as st

from tests.benchmarks.survival.fuzz.case import Case
from tests.benchmarks.survival.fuzz.targets.target import Target, text_files
from tests.factories.data.affectnet import write_full, write_npy
from tests.factories.data.fer2013 import (
    write_classes,
    write_fer2013,
    write_microsoft,
    write_votes,
)
from tests.factories.data.own import SUBJECT, write_own_folders, write_own_table
from tests.strategies.byte_damage import damaged_bytes, damaged_table
from tests.strategies.tables import write_ck48, write_coursework, write_official

STUDY = """
[data]
dataset = "{dataset}"
targets = {targets}
image_size = 32
{more}
[split]
{split}
folds = 2
"""
FACES, TABLES = "faces", "tables"
BY_PARTITION = 'by = "partition"'


def write_parquet(root: Path) -> Path:
    """Writes own faces with a Parquet table."""
    write_own_table(root)
    pd.read_csv(root / "faces.csv").to_parquet(root / "faces.parquet")
    (root / "faces.csv").unlink()
    return root


LAYOUTS: dict[str, tuple[Callable[[Path], Path], str, str, str, str]] = {
    "official": (write_official, "ckplus", '["emotion", "action_units"]', "", ""),
    "coursework": (write_coursework, "ckplus", '["emotion", "action_units"]', "", ""),
    "ck48": (write_ck48, "ckplus", '["emotion"]', "", ""),
    "votes": (write_microsoft, "ferplus", '["emotion"]', "", BY_PARTITION),
    "classes": (write_classes, "fer2013", '["emotion"]', "", BY_PARTITION),
    "npy": (write_npy, "affectnet", '["emotion", "valence_arousal"]', "", BY_PARTITION),
    "lists": (write_full, "affectnet", '["valence_arousal"]', "", BY_PARTITION),
    "own_table": (
        *(write_own_table, "table", '["emotion", "action_units", "valence_arousal"]'),
        *("", ""),
    ),
    "own_parquet": (write_parquet, "table", '["emotion", "action_units"]', "", ""),
    "own_folders": (
        *(write_own_folders, "folders", '["emotion"]', f'subject = "{SUBJECT}"', ""),
    ),
}
"""Layout -> what writes it, the data set, targets, more keys, how it is split."""

NAMES = (
    *("a.csv", "b\x1b[31m.png", "\u202egnp.exe", "a\nb.png", "\udcff.png", "é" * 100),
    *("-", " ", ".hidden", "CON", "a.parquet", "label.csv", "._a.png", "%00.png"),
)
TARGETS = (
    "/dev/zero",
    "/etc/hostname",
    "..",
    ".",
    "nowhere",
    "a.csv",
    "/proc/self/mem",
)


def prepare(bases: Path) -> None:
    """Writes every layout, each with its study."""
    for name, (write, dataset, targets, more, split) in LAYOUTS.items():
        write(bases / name / FACES)
        text = STUDY.format(dataset=dataset, targets=targets, more=more, split=split)
        (bases / name / "a.toml").write_text(text)
    write_fer2013(bases / TABLES)
    write_votes(bases / TABLES)


def sound(_: Path) -> list[Case]:
    """Checks each layout, and converts the tables of FER2013."""
    return [*(_check(name) for name in LAYOUTS), _convert({})]


def _check(base: str, **more: object) -> Case:
    words = ("--study", "a.toml", "--data", FACES, "--out", "runs")
    return Case(command="data_pipeline.check", words=words, base=base, **more)


def _draft(base: str, **more: object) -> Case:
    words = ("--data", FACES, "--to", "drafted.toml")
    return Case(command="data_pipeline.draft", words=words, base=base, **more)


def _convert(files: dict[str, bytes]) -> Case:
    votes = ("--ferplus", "fer2013new.csv", "--out", "out")
    words = ("--fer", "fer2013.csv", *votes)
    command = "data_pipeline.ferplus"
    return Case(command=command, words=words, base=TABLES, files=files)


def cases(bases: Path) -> st.SearchStrategy[Case]:
    """Draws a layout and what is wrong in it."""
    trees = st.sampled_from(sorted(LAYOUTS)).flatmap(lambda name: _tree(bases, name))
    return st.one_of(trees, trees, trees, _tables(bases))


def _tree(bases: Path, name: str) -> st.SearchStrategy[Case]:
    """Damages files of a tree, or puts odd names and links among them."""
    base = bases / name
    places = [place for place in text_files(base, "") if place.startswith(FACES)]
    labels = [one for one in places if not one.endswith((".png", ".jpg"))] or places
    changed = st.sampled_from([*places, *labels * 3]).flatmap(
        lambda place: st.tuples(st.just(place), damaged(base / place))
    )
    folders = sorted({str(Path(place).parent) for place in places})
    odd = st.builds("{}/{}".format, st.sampled_from(folders), st.sampled_from(NAMES))
    added = st.tuples(odd, st.binary(max_size=40))
    return st.builds(
        lambda make, files, links: make(name, files=dict(files), links=links),
        st.sampled_from((_check, _check, _draft)),
        st.lists(st.one_of(changed, changed, changed, added), max_size=3),
        st.one_of(
            st.just({}), st.just({}), _links(st.one_of(odd, st.sampled_from(places)))
        ),
    )


def damaged(path: Path) -> st.SearchStrategy[bytes]:
    """Draws another content of a file, in cells where it is a table."""
    is_table = path.suffix in (".csv", ".txt", ".tsv")
    return (damaged_table if is_table else damaged_bytes)(path.read_bytes())


def _links(places: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(places, st.sampled_from(TARGETS), max_size=1)


def _tables(bases: Path) -> st.SearchStrategy[Case]:
    """Damages one or both tables of FER2013 and its votes."""
    names = ("fer2013.csv", "fer2013new.csv")
    contents = {name: damaged(bases / TABLES / name) for name in names}
    one = st.sampled_from(names).flatmap(
        lambda name: st.fixed_dictionaries({name: contents[name]})
    )
    return st.one_of(one, one, st.fixed_dictionaries(contents)).map(_convert)


READERS = Target(prepare=prepare, sound=sound, cases=cases)
