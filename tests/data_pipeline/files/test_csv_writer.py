"""Laws of CSV tables: text is no formula, numbers stay numbers, one place writes."""

import ast
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.files.csv_writer import FORMULA, CsvTable, escape_cell
from data_pipeline.media.media import MediaFrame
from models.inference.csv_table import write
from models.inference.sidecar import Input, Origin, Sidecar
from models.inference.stream import FrameResult
from search.callbacks.trials_csv import trials_csv
from tests.factories.ledger import begin, fail

ROOT = Path(__file__).parents[3]


def table(names, *rows):
    """Writes a table and reads it back, header first."""
    text = io.StringIO()
    CsvTable(text, names).add_all(rows)
    return list(csv.reader(io.StringIO(text.getvalue())))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "-x"],
)
def test_formulas_are_text(text):
    """Text that a spreadsheet would compute gets an apostrophe, names too."""
    for found in table([text], [text]):
        assert found[0].startswith("'")


@given(st.text(max_size=20))
def test_no_cell_is_a_formula(text):
    """A cell that begins like a formula is a number."""
    found = str(escape_cell(text))
    assert not found.startswith(FORMULA) or float(found) is not None
    assert not set("\x1b\x07\x9b\r\u202e") & set(found)


@given(st.floats(allow_nan=False), st.integers())
def test_numbers_stay_numbers(real, whole):
    """Numbers are as they were, also where they were written as text."""
    assert table(["a"], [real])[1] == [str(real)]
    assert float(table(["a"], [f"{real:.6f}"])[1][0]) == float(f"{real:.6f}")
    assert table(["a"], [whole])[1] == [str(whole)]


def test_predictions():
    """Files' names and labels of a foreign model are text, ratings are numbers."""
    card = Sidecar(
        study="tiny",
        synthetic=True,
        input=Input(size=8, channels=1, crop="none"),
        emotions=("=cmd", "@sad"),
        action_units=(),
        thresholds={},
        data=Origin(dataset="ckplus"),
        sha256="",
        versions={},
    )
    frame = MediaFrame(file=Path("=cmd|' /C calc'!A0.png"), reason="-\x1b[31mred")
    text = io.StringIO()
    write(text, card, [FrameResult(frame=frame, crop=None, prediction=None)])
    header, row = csv.reader(io.StringIO(text.getvalue()))
    assert {"emotion_=cmd", "emotion_@sad"} <= set(header)
    assert not any(name.startswith(tuple("=+-@")) for name in header)
    assert row[0] == "'=cmd|' /C calc'!A0.png"
    assert row[-1] == "'-\\x1b[31mred"


def test_trials(tmp_path):
    """The reason of a failed trial is text in trials.csv."""
    ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, fail('=HYPERLINK("http://x")'))
    (row,) = csv.DictReader(io.StringIO(trials_csv(ledger.records())))
    assert row["reason"] == '\'=HYPERLINK("http://x")'
    assert float(row["training.learning_rate"]) > 0


def test_one_place_writes_tables():
    """The module csv writes in one file only."""
    found = {
        path.relative_to(ROOT).as_posix()
        for package in ("data_pipeline", "models", "search")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("writer", "DictWriter")
    }
    assert {name for name in found if "csv." in (ROOT / name).read_text("utf-8")} == {
        "data_pipeline/files/csv_writer.py"
    }
