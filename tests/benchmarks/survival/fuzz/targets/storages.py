"""Storages: databases with other bytes or rows, journals, and URLs."""

import random
import sqlite3
import tempfile
from pathlib import Path

import optuna
from hypothesis import strategies as st

from tests.benchmarks.survival.fuzz.case import Case
from tests.benchmarks.survival.fuzz.targets.runs import (
    COMPARED,
    FROM_RECORD,
    MADE,
    REPORT,
    prepare_made,
)
from tests.benchmarks.survival.fuzz.targets.target import Target
from tests.strategies.byte_damage import DRAWS, WORDS, damaged_bytes, edited, shell_word

DATABASE, JOURNAL = "runs/tiny/optuna.db", "journal.log"
SERVERS = ("postgresql", "mysql", "postgres", "mariadb+pymysql", "oracle", "x")
SCHEMES = (*SERVERS, "sqlite", "sqlite+pysqlite", "redis", "file", "http")


def prepare(bases: Path) -> None:
    """Makes runs, and copies the trials of one to a journal."""
    prepare_made(bases)
    root = bases / MADE
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    backend = optuna.storages.journal.JournalFileBackend(str(root / JOURNAL))
    optuna.copy_study(
        from_study_name="tiny",
        from_storage=f"sqlite:///{root / DATABASE}",
        to_storage=optuna.storages.JournalStorage(backend),
    )


def _commands(storage: str | None) -> list[tuple[str, tuple[str, ...]]]:
    more = () if storage is None else ("--storage", storage)
    commands = (*FROM_RECORD * 4, *([] if more else [COMPARED]), REPORT)
    return [(name, (*words, *more)) for name, words in commands]


def _case(command: tuple[str, tuple[str, ...]], **files: bytes) -> Case:
    name, words = command
    places = {"database": DATABASE, "journal": JOURNAL}
    found = {places[key]: content for key, content in files.items()}
    return Case(command=name, words=words, base=MADE, files=found)


def sound(_: Path) -> list[Case]:
    """Reads the database and the journal."""
    return [
        _case((name, (*words, *more)))
        for more in ((), ("--storage", JOURNAL))
        for name, words in FROM_RECORD
    ]


def cases(bases: Path) -> st.SearchStrategy[Case]:
    """Draws a damaged database, a damaged journal, or a URL."""
    database = (bases / MADE / DATABASE).read_bytes()
    journal = (bases / MADE / JOURNAL).read_bytes()
    rows = DRAWS.map(lambda draw: other_rows(database, draw))
    lines = DRAWS.map(lambda draw: other_lines(journal, draw))
    return st.one_of(
        st.builds(
            lambda command, content: _case(command, database=content),
            st.sampled_from(_commands(None)),
            st.one_of(rows, rows, damaged_bytes(database)),
        ),
        st.builds(
            lambda command, content: _case(command, journal=content),
            st.sampled_from(_commands(JOURNAL)),
            st.one_of(lines, damaged_bytes(journal)),
        ),
        urls().flatmap(lambda url: st.sampled_from(_commands(url)).map(_case)),
    )


def urls() -> st.SearchStrategy[str]:
    """Draws the text of a ``--storage``; a server in it answers at no port."""
    word = st.one_of(st.sampled_from(WORDS), st.text(max_size=12))
    file = st.builds(
        "{}://{}{}".format,
        st.sampled_from(SCHEMES),
        st.sampled_from(["/", "//", "//"]),
        word,
    )
    server = st.builds(
        "{}://{}:{}@127.0.0.1:{}/{}".format,
        *(st.sampled_from(SERVERS), word, word),
        *(st.sampled_from(("1", "0", "99999", "", "x")), word),
    )
    texts = st.one_of(word, file, server)
    return texts.map(lambda text: shell_word(text) or "x")


def other_rows(database: bytes, draw: random.Random) -> bytes:
    """Changes cells, rows or tables of a database, as another program would."""
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        Path(file.name).write_bytes(database)
        connection = sqlite3.connect(file.name, isolation_level=None)
        for _ in range(draw.randint(1, 3)):
            _change(connection, draw)
        connection.close()
        return Path(file.name).read_bytes()


def _change(connection: sqlite3.Connection, draw: random.Random) -> None:
    names = "select name from sqlite_master where type = 'table'"
    table = draw.choice([name for (name,) in connection.execute(names)] or ["none"])
    columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
    kind = draw.randrange(8)
    column = draw.choice(columns or ["x"])
    offset = draw.choice((0, 0, 1, 3, 10))
    some = f'rowid in (select rowid from "{table}" limit 2 offset {offset})'  # noqa: S608
    try:
        if kind == 0:
            connection.execute(f'delete from "{table}" where {some}')  # noqa: S608
        elif kind == 1:
            connection.execute(f'drop table "{table}"')
        elif kind == 2:
            connection.execute(f'alter table "{table}" drop column "{column}"')
        else:
            value = draw.choice((None, -1, 0, 2**40, 1e308, b"\xff", "{}", _word(draw)))
            update = f'update "{table}" set "{column}" = ? where {some}'  # noqa: S608
            connection.execute(update, (value,))
    except (sqlite3.Error, OverflowError, UnicodeEncodeError):
        return


def _word(draw: random.Random) -> str:
    return draw.choice(WORDS).encode("utf-8", "replace").decode()


def other_lines(journal: bytes, draw: random.Random) -> bytes:
    """Leaves out, doubles, moves or edits lines of a journal."""
    lines = journal.splitlines(keepends=True)
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(lines))
        kind = draw.randrange(4)
        if kind == 0 and len(lines) > 1:
            del lines[place]
        elif kind == 1:
            lines.insert(draw.randrange(len(lines)), lines[place])
        elif kind == 2:
            lines[place] = edited(lines[place], draw, most=1)
        else:
            lines.insert(
                place, draw.choice((b"\n", b"{}\n", b"[]\n", b"null\n", b"x\n"))
            )
    return b"".join(lines)


STORAGES = Target(prepare=prepare, sound=sound, cases=cases)
