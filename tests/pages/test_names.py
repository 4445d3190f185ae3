"""Names that attack: whatever a file, a label or an error is called, it stays text.

Each producer writes what people read, with a given name in it. A name that cannot be
printed is refused where it is read.
"""

import csv
import io
import json
import shlex
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from data_pipeline import check, explore
from data_pipeline.checks.dataset_check import CheckResult
from data_pipeline.checks.report import report as print_check
from data_pipeline.dataset.own_data import is_word
from data_pipeline.dataset.problems import Check, Problem
from data_pipeline.files.csv_writer import FORMULA
from data_pipeline.files.folder_names import folder_name_error
from data_pipeline.media.media import MediaFrame
from data_pipeline.system.cli import run_command
from data_pipeline.system.errors import InputError, StudyError
from data_pipeline.system.terminal import is_printable, print_line
from models import explain, predict
from models.inference.csv_table import write as write_faces
from models.inference.json_lines import write_json
from models.inference.sidecar import Input, Origin, Sidecar
from models.inference.stream import FrameResult
from search import compare, dashboard, export, run, train
from search.callbacks.json_events import JsonEvents
from search.callbacks.progress_bar import ProgressBar
from search.callbacks.run_log import LOG, RunLog
from search.callbacks.trials_csv import trials_csv
from search.comparison.files import write_comparison
from search.comparison.side_by_side import Comparison
from search.comparison.text import print_comparison
from search.model_card.card import model_card
from search.nested.pooled_csv import join_tables
from search.report import __main__ as report
from search.reports.holdout_html import report_html
from search.reports.holdout_report import describe_findings, describe_report
from search.reports.nested_report import describe_nested
from search.reports.split_report import describe_duplicates
from search.results.section import results_section
from search.run_folder import RunFolder
from search.study.study import check_study
from tests.factories.ledger import SMALL, begin, fail
from tests.factories.made_run import drawn_rows, write_test
from tests.factories.runs import contents, run_main
from tests.search.model_card.test_card import facts_of

NAMES = {
    "tag": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "controls": "\x1b[31mred\x1b]0;title\x07",
    "turned": "\u202etxt.exe",
    "equals": "=1+1",
    "plus": "+1-1",
    "at": "@SUM(A1)",
    "link": "![x](http://localhost/x.png)",
    "shell": "$(touch x); rm y",
}
LABEL, STUDY, KNOWN = "negative", "tiny", "published"
"""What the drawn runs call a class, their study, and a configuration."""


@pytest.fixture(params=NAMES.values(), ids=NAMES)
def name(request):
    """One name after another."""
    return request.param


@pytest.fixture(scope="module")
def facts():
    """What the card of a tested run is made of."""
    return facts_of()


def renamed(found, name):
    """Gives label, study and configuration of a report this name."""
    if isinstance(found, dict):
        return {renamed(k, name): renamed(part, name) for k, part in found.items()}
    if isinstance(found, list | tuple):
        return [renamed(part, name) for part in found]
    return name if found in (LABEL, STUDY, KNOWN) else found


def printed(text):
    """Prints a text as a run does."""
    out = io.StringIO()
    with ProgressBar(Console(file=out, width=200)) as bar:
        bar.print(text)
    return out.getvalue()


def trial_lines(name, folder):
    """Prints that a trial failed."""
    out = io.StringIO()
    with ProgressBar(Console(file=out, width=200)) as bar:
        ledger = begin(folder, callbacks=[bar])
        ledger.tell(ledger.ask().number, fail(name))
    return out.getvalue()


def log_lines(name, folder):
    """Writes the log and a traceback of a run."""
    run = RunFolder(out=folder, name="tiny")
    run.make()
    log = RunLog()
    log.open(run)
    log.line(name)
    trace = log.keep_trace("trial-0000", f"Traceback: {name}")
    return run.file(LOG).read_text() + trace.read_text()


def check_lines(name, _):
    """Prints a finding of the check of a data set."""
    problem = Problem(check=Check.MISSING, where=name, message=name)
    found = CheckResult(source=name, parts={name: 1}, problems=(problem,))
    print_check(Path("data", name), found, shown=None)
    return ""


def error_lines(name, _):
    """Prints the message of a wrong input."""

    def work():
        raise InputError(f"--study {name}: no")

    assert run_command(work) == 2
    return ""


LINES = {
    "trial": trial_lines,
    "log": log_lines,
    "check": check_lines,
    "error": error_lines,
    "result": lambda name, _: print_line(f"the page: runs/{name}/report.html") or "",
    "comparison": lambda name, _: print_comparison(compared(name)) or "",
}
"""What a terminal is shown -> what prints it, or returns what is printed."""


def compared(name):
    """Makes a comparison of two runs, by hand."""
    corrected = {"value": 0.5, "low": 0.4, "high": 0.6}
    run = {
        "data": name,
        "synthetic": False,
        "targets": [name],
        "split": {"by": "subject", "folds": 2},
        "guarantee": name,
        "hold_out": {"subjects": 3, "images": 9},
        "opened": 1,
        "space": {"hyperparameters": 1, "configurations": None},
        "trials": dict.fromkeys(("all", "completed", "pruned", "failed"), 1),
        "seconds": 3.0,
        "parameters": 5,
        "value": 0.5,
        "corrected": corrected,
        "metrics": {"emotion.macro_f1": corrected},
    }
    runs = {name: run, "other": run}
    return Comparison(runs=runs, metrics=["emotion.macro_f1"], pairs=[])


def is_obeyed(text):
    """Whether a terminal would act on a text."""
    return not all(one == "\n" or is_printable(one) for one in text)


@pytest.mark.parametrize("produce", LINES.values(), ids=LINES)
def test_a_terminal_obeys_no_name(name, produce, tmp_path, capsys):
    """Lines hold no control character, and show a name as it is or spelt."""
    text = produce(name, tmp_path)
    found = text + "".join(capsys.readouterr())
    assert not is_obeyed(found)
    assert is_obeyed(name) or name in found


COMMANDS = {
    "check": (check.main, "--study={}"),
    "explore": (explore.main, "--study={}"),
    "run": (run.main, "--study={}"),
    "report": (report.main, "--study={}"),
    "dashboard": (dashboard.main, "--study={}"),
    "compare": (compare.main, "other", "--", "{}"),
    "export": (export.main, "--study={}", "--to=a.toml"),
    "train": (train.main, "--config={}"),
    "predict": (predict.main, "--model={}", "a.png"),
    "explain": (explain.main, "--model={}", "a.png"),
}
"""A command -> its main, and arguments with a name that nothing has."""


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_spells_what_it_refuses(name, command, tmp_path, monkeypatch):
    """An unknown study or file is refused in one message that steers no terminal."""
    monkeypatch.chdir(tmp_path)
    main, *words = command
    answer = run_main(main, *(word.format(name) for word in words))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("error: ") == 1
    assert not is_obeyed(answer.err)
    assert contents(tmp_path) == {}


def trials_table(name, folder):
    """Writes the table of a failed trial that the study named."""
    entry = f'[[search.enqueue]]\nname = {json.dumps(name)}\n"training.optimizer"'
    text = SMALL.replace("[fixed]", f'{entry} = "adam"\n[fixed]')
    study = check_study(tomllib.loads(text), name="small", place="small.toml")
    ledger = begin(folder, study)
    ledger.tell(ledger.ask().number, fail(name))
    return trials_csv(ledger.records()) + trials_csv(ledger.records(), ["head.dropout"])


def rows_table(name, folder):
    """Writes the predictions of a hold-out, and those of two outer parts."""
    rows = drawn_rows(heads=["emotion"], rows=8, seeds=0)
    classes = (name, *rows.targets.emotions[1:])
    targets = replace(rows.targets, emotions=classes)
    run = RunFolder(out=folder, name="tiny")
    run.make()
    write_test(run, rows=replace(rows, targets=targets, units=[name] * 8), made={})
    table = run.file("holdout_predictions.csv")
    join_tables(run.file("nested.csv"), [table, table])
    return table.read_text() + run.file("nested.csv").read_text()


def comparison_table(name, folder):
    """Writes a comparison."""
    write_comparison(folder / "both.csv", compared(name), out=folder)
    return (folder / "both.csv").read_text()


def card_of(name):
    """Describes a model whose classes have this name."""
    return Sidecar(
        study=name,
        synthetic=True,
        input=Input(size=8, channels=1, crop="none"),
        emotions=(name, "other"),
        action_units=(),
        thresholds={},
        data=Origin(dataset=name),
        sha256="",
        versions={},
    )


def faces(name):
    """Makes the failure to read a file."""
    frame = MediaFrame(file=Path(name), reason=name)
    return [FrameResult(frame=frame, crop=None, prediction=None)]


def faces_table(name, _):
    """Writes predictions of a file."""
    text = io.StringIO()
    write_faces(text, card_of(name), faces(name))
    return text.getvalue()


TABLES = {
    "trials": trials_table,
    "rows": rows_table,
    "comparison": comparison_table,
    "faces": faces_table,
}
"""A table for a spreadsheet -> what writes it."""


@pytest.mark.parametrize("produce", TABLES.values(), ids=TABLES)
def test_a_spreadsheet_computes_no_name(name, produce, tmp_path):
    """No cell begins a formula but a number, and none has a control character."""
    if produce is trials_table and is_obeyed(name):
        with pytest.raises(StudyError, match="printable"):
            produce(name, tmp_path)
        return
    text = produce(name, tmp_path)
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    formulas = [cell for cell in cells if cell.startswith(FORMULA)]
    assert all(float(cell) is not None for cell in formulas)
    assert not is_obeyed(text)
    assert is_obeyed(name) or any(name in cell for cell in cells)


READ = {
    "results": lambda facts, name: results_section(
        facts.study, facts.values, renamed(dict(facts.report), name)
    ),
    "card": lambda facts, name: model_card(
        replace(facts, report=renamed(dict(facts.report), name))
    ),
    "notebook": lambda facts, name: report_html(renamed(dict(facts.report), name)),
}
"""A text that a program renders, as Markdown or HTML -> what writes it."""


@pytest.mark.parametrize("produce", READ.values(), ids=READ)
def test_a_name_is_no_markup(facts, name, produce):
    """A rendered text has no tag, link, picture or control of a name."""
    text = produce(facts, name).rpartition("\n---\n")[2]
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "](http" not in text
    assert not is_obeyed(text)


def test_the_report_in_a_terminal(facts, name):
    """The report of a hold-out, or of outer parts, is printed with names spelt."""
    report = renamed(dict(facts.report), name)
    parts = [{"part": 1, "subjects": 6, "images": 3, "trial": 1, "validation": 0.7}]
    choices = {"head.dropout": {"parts": 1, "counts": {name: 1}, "agree": 1}}
    nested = {"synthetic": True, "inner_folds": 2, "parts": parts, "choices": choices}
    for text in (describe_report(report), describe_nested(nested)):
        assert not is_obeyed(printed(text))


def test_events_are_ascii(name, capsys):
    """An event is one line of JSON, and says what was said."""
    JsonEvents().write("trial_end", reason=name)
    line = capsys.readouterr().out
    assert line.isascii()
    assert json.loads(line)["reason"] == name
    text = io.StringIO()
    write_json(text, card_of(name), faces(name))
    assert text.getvalue().isascii()


def test_a_shell_runs_no_name(name):
    """The commands that a run recommends have a study's name as one word."""
    for text in (
        describe_duplicates(2, name),
        describe_findings(
            [], [Problem(check=Check.MISSING, where="", message="")], name
        ),
    ):
        words = shlex.split(text.splitlines()[-1].partition(": ")[2])
        assert words[words.index("--study") + 1] == name


def test_what_is_refused(name):
    """A control in a study's name or an emotion's word is refused."""
    if is_obeyed(name):
        assert folder_name_error(name) == "must not contain control characters"
        assert not is_word(name)


def test_nothing_is_written_elsewhere(name, tmp_path):
    """A traceback's file is named by its trial, whatever its error says."""
    log_lines(f"../{name}", tmp_path)
    assert set(contents(tmp_path)) == {"tiny/run.log", "tiny/trials/trial-0000.txt"}
