"""A whole search with limits on models and several objectives."""

import json
import tomllib

import pytest

from search.ledger.reader import read_records
from search.study.study import read_study
from tests.factories.runs import (
    STUDY,
    ended,
    searched,
    started,
    table,
    write_study,
)

pytestmark = pytest.mark.slow

OBJECTIVE = """[objective]
mode = "pareto"
"emotion.macro_f1" = 1.0
parameters = 1.0
latency_ms = 1.0
model_mb = 1.0
[constraints]
parameters = "<= 5e4"
latency_ms = "<= 1e4"
model_mb = "<= 15"
"""
LARGE = """[[search.enqueue]]
name = "large"
"backbone.filters" = 64
[resources]
max_concurrent = 1
[fixed]
"backbone.name" = "residual_cnn"
"backbone.blocks" = 1
"head.dense_units" = 8
"training.epochs" = 1
[space]
"backbone.filters" = [8, 16, 64]
"""


def _text():
    head = STUDY.partition("[objective]")[0].replace(', "action_units"', "")
    search = '[search]\ntrials = 3\nseed = 7\nsampler = "grid"\n'
    return head + OBJECTIVE + search + LARGE


def test_a_run_with_limits_and_a_front(tmp_path, coursework):
    """A model over a limit is not trained; the others have a front, which is exported.

    Ray's workers measure the models. The run prints the front and the known
    configuration that was not trained.
    """
    path = write_study(tmp_path, text=_text())
    words = ("--study", path, "--data", coursework, "--out", tmp_path / "runs")
    process = started("search.run", *words, "--until", "search")
    answer = ended(process, timeout=400)
    assert (answer.code, answer.err) == (0, ""), answer.err
    folder = tmp_path / "runs" / "tiny-synthetic"
    large, *small = table(folder)
    assert (large["state"], large["reason"]) == ("PRUNED", "constraint")
    assert (large["epochs"], large["seconds_trained"]) == ("0", "0.0")
    assert int(large["model_parameters"]) > 50_000
    for row in small:
        assert (row["state"], row["epochs"]) == ("COMPLETE", "2")
        assert float(row["latency_ms"]) > 0
        assert int(row["model_bytes"]) >= 4 * int(row["model_parameters"])

    selection = json.loads((folder / "selection.json").read_text())
    front = {row["trial"]: row for row in selection["front"]}
    smallest = min(small, key=lambda row: int(row["model_parameters"]))
    assert int(smallest["number"]) in front
    assert selection["choose"] == "smallest_tied"
    assert selection["chosen"] in front
    best = tomllib.loads((folder / "best.toml").read_text())
    assert best["origin"]["trial"] == selection["chosen"]
    assert best["objective"]["mode"] == "pareto"
    study = read_study(str(folder / "study.toml"))
    url = f"sqlite:///{folder / 'optuna.db'}"
    records = {r.number: r for r in read_records(study, url=url, name=folder.name)}
    for number, row in front.items():
        assert {"trial": number, **records[number].objectives} == row

    assert "large (trial 0): pruned, constraint: " in answer.out
    assert f"front of several objectives: {len(front)} of 2 completed" in answer.out
    assert "chosen (smallest_tied)" in answer.out


def test_each_limit_holds_in_a_run(tmp_path, coursework):
    """A model of too many bytes is not timed, one that is too slow not trained."""
    text = _text().replace("8, 16, 64", "8, 64").replace("trials = 3", "trials = 2")
    for old, new in (("5e4", "1e9"), ("1e4", "1e-4"), ("15", "0.2")):
        text = text.replace(f"<= {old}", f"<= {new}")
    answer = searched(write_study(tmp_path, text=text), coursework, tmp_path / "runs")
    assert answer.code == 1
    assert "no trial completed" in answer.err
    assert "the limits of [constraints]" in answer.err
    large, small = table(tmp_path / "runs" / "tiny-synthetic")
    for row in (large, small):
        assert (row["state"], row["reason"]) == ("PRUNED", "constraint")
        assert row["epochs"] == "0"
    assert large["latency_ms"] == ""
    assert float(small["latency_ms"]) > 0
    assert "MB, at most 0.20" in answer.out
    assert "ms an image, at most 0.00" in answer.out
