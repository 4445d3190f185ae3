"""Run folders: what a search left, with other values, and commands that read it."""

import sqlite3
from pathlib import Path

from hypothesis import strategies as st

from tests.benchmarks.survival.fuzz.case import Case
from tests.benchmarks.survival.fuzz.targets.studies import FACES as STUDY
from tests.benchmarks.survival.fuzz.targets.target import Target
from tests.factories.data.own import write_own_folders
from tests.factories.made_run import made_run
from tests.factories.runs import searched
from tests.strategies.byte_damage import damaged_bytes, damaged_table
from tests.strategies.document_damage import damaged_json, damaged_toml

MADE, REAL = "made", "real"
TINY = """
[resources]
max_concurrent = 1
[fixed]
"backbone.name" = "residual_cnn"
"backbone.blocks" = 1
"backbone.filters" = 8
"head.dense_units" = 8
"training.epochs" = 2
"""
REPORT = ("search.report.__main__", ("--study", "tiny"))
FROM_RECORD = (
    ("search.export", ("--study", "tiny", "--to", "out.toml")),
    ("tests.benchmarks.survival.fuzz.targets.dashboard", ("--study", "tiny")),
)
RESCORED = ("search.rescore", ("--study", "tiny"))
COMPARED = ("search.compare", ("tiny", "other", "--to", "compared.html"))
OF_REAL = (
    ("search.run", ("--study", "tiny.toml", "--data", "faces", "--executor", "serial")),
    ("search.export", ("--study", "tiny", "--format", "keras", "--data", "faces")),
)


def prepare_made(bases: Path) -> None:
    """Makes two tested runs without training."""
    made_run(bases / MADE / "runs", "tiny")
    made_run(bases / MADE / "runs", "other", trials=12)


def prepare_real(bases: Path) -> None:
    """Runs a tiny study to its end."""
    root = bases / REAL
    write_own_folders(root / "faces")
    (root / "tiny.toml").write_text(STUDY + TINY)
    answer = searched(root / "tiny.toml", root / "faces", root / "runs")
    assert answer.code == 0, answer
    for database in root.rglob("*.db"):
        with sqlite3.connect(database) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def damaged(path: Path) -> st.SearchStrategy[bytes]:
    """Draws another content of a file of a run."""
    ways = {".json": damaged_json, ".toml": damaged_toml, ".csv": damaged_table}
    return ways.get(path.suffix, damaged_bytes)(path.read_bytes())


def _case(base: str, command: tuple[str, tuple[str, ...]], files: object) -> Case:
    name, words = command
    return Case(command=name, words=words, base=base, files=dict(files or {}))


def _commands(base: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Lists the commands that read a run; its charts take seconds, so they are last."""
    more = (COMPARED,) if base == MADE else OF_REAL
    return (*FROM_RECORD, RESCORED, *more, REPORT)


def _sound(base: str) -> list[Case]:
    return [_case(base, command, {}) for command in _commands(base)]


def _cases(bases: Path, base: str) -> st.SearchStrategy[Case]:
    """Damages one to three files of the run, rarely its database."""
    root = bases / base
    files = [
        path.relative_to(root).as_posix()
        for path in sorted((root / "runs").rglob("*"))
        if path.is_file() and "cache" not in path.parts
    ]
    often = [one for one in files if one.endswith((".json", ".toml", ".csv", ".jsonl"))]
    changed = st.sampled_from([*files, *often * 3]).flatmap(
        lambda place: st.tuples(st.just(place), damaged(root / place))
    )
    return st.builds(
        lambda command, files: _case(base, command, files),
        st.sampled_from((*_commands(base)[:-1] * 3, REPORT)),
        st.lists(changed, min_size=1, max_size=3),
    )


MADE_RUNS = Target(
    prepare=prepare_made,
    sound=lambda _: _sound(MADE),
    cases=lambda bases: _cases(bases, MADE),
)
REAL_RUNS = Target(
    prepare=prepare_real,
    sound=lambda _: _sound(REAL),
    cases=lambda bases: _cases(bases, REAL),
)
