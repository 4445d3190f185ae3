"""The report of a run: it answers first, is self-contained, and hides no gap."""

import json
from types import SimpleNamespace

import pytest

from data_pipeline.system.errors import RunError
from search.documents.nested_file import read_nested
from search.report import __main__ as report
from search.report_page.material import gather
from search.report_page.page import _state, render
from search.report_page.sections.explanation import CHANGES, FOLDER, SHEET, TABLE
from search.run_files import NESTED, NESTED_ROWS, PAGE, PAGE_NUMBERS, REPORT
from search.run_folder import DATABASE, RunFolder
from search.stopping.search_end import SearchEnd
from search.study.study import read_study
from tests.factories.data.exploration_material import Page
from tests.factories.made_run import (
    STUDY,
    drawn_rows,
    made_run,
    report_of_rows,
    write_rows,
)
from tests.factories.runs import contents, run_main

MARKUP = "<script>alert(1)</script>"


def material_of(folder, *, synthetic=False):
    """Gathers what a made run has."""
    study = read_study(str(folder.file("study.toml")))
    return gather(folder, study, synthetic=synthetic, storage=folder.storage)


@pytest.fixture(scope="module")
def tested(tmp_path_factory):
    """A run that was searched and tested."""
    return made_run(tmp_path_factory.mktemp("tested"))


@pytest.fixture(scope="module")
def rendered(tested):
    """The parsed page of the tested run, and the numbers beside it."""
    text, numbers = render(material_of(tested))
    return Page(text), numbers


def test_page_is_self_contained(rendered):
    """Images are embedded, links stay in the page, and every element is closed."""
    page, _ = rendered
    assert all(p["src"].startswith("data:image/png;base64,") for p in page.images)
    assert {link.removeprefix("#") for link in page.links} <= set(page.names)
    assert all(link.startswith("#") for link in page.links)
    assert page.open == []


def test_each_image_has_alternative_text(rendered):
    """Each chart has a text with numbers for those who cannot see it."""
    texts = [image["alt"] for image in rendered[0].images]
    assert len(texts) >= 7
    assert all(len(text) > 20 and any(map(str.isdigit, text)) for text in texts)


def test_the_answer_comes_first(tested, rendered):
    """Value, interval, baselines and the missing winner stand before any section."""
    found = json.loads(tested.file(REPORT).read_text())
    row = found["emotion"]["metrics"]["macro_f1"]
    first = rendered[0].text.partition("The result on the hold-out")[0]
    ends = f"{row['low']:.3f} to {row['high']:.3f}"
    assert f"Macro F1 of emotion is {row['value']:.3f} ({ends})" in first
    assert "12 subjects that no part of the search has seen" in first
    linear = found["emotion"]["baselines"]["linear_pixels"]["macro_f1"]
    assert "The linear baseline (" in first
    assert f"has {linear['value']:.3f}. The model minus it: " in first
    assert ("the baseline is ahead" in first) == (linear["difference"] < 0)
    assert "No significant winner among the trials: 2 of the 8 others" in first
    known = 'Against the known configuration "published", on validation rows: +0.030'
    assert known in first
    assert "no significant difference" in first


def test_sections_name_their_files(rendered):
    """The files that have a section's numbers are named under it."""
    assert "The numbers are in holdout.json and holdout_predictions.csv" in (
        rendered[0].text
    )


def test_numbers_are_beside_the_page(rendered):
    """What no other file has is in report.json: curves and values where pruned."""
    numbers = rendered[1]
    assert len(numbers["search"]["curves"]) == 5
    assert len(numbers["search"]["pruned_at"]) == 13
    assert numbers["provenance"]["identity"]["data.labels"] == "abc"


@pytest.mark.parametrize("trials", [0, 7])
def test_an_unfinished_search(tmp_path, trials):
    """What exists so far is shown, and it is said that the search has not ended."""
    folder = made_run(tmp_path, trials=trials, tested=False)
    page = Page(render(material_of(folder, synthetic=True))[0])
    assert f"Not finished: {trials} of at most 24 trials have ended" in page.text
    assert "SYNTHETIC DATA" in page.text
    assert "The result on the hold-out: the model has not been tested" in page.text
    assert ("What the search did: no trial has ended" in page.text) == (not trials)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (SearchEnd(reason="its time is used up", early=True), "Not tested: the search"),
        (SearchEnd(reason="all failed", early=True, failed=True), "Failed: the search"),
    ],
)
def test_a_search_that_ended_early(end, words):
    """The notice says why a search ended, and how a failed one goes on."""
    search = SimpleNamespace(trials=24)
    study = SimpleNamespace(search=search)
    state = _state(SimpleNamespace(ended=(1, 2, 3), study=study, end=end))
    assert state.startswith(f"{words} ended after 3 of at most 24 trials, because")
    assert end.reason in state
    assert "rerun" not in state
    assert ("The same command starts further trials" in state) == end.failed


@pytest.mark.parametrize(
    ("heads", "primary"),
    [
        (["valence_arousal"], "valence_arousal.mean_ccc"),
        (["action_unit_intensities"], "action_unit_intensities.mean_icc"),
        (["action_units"], "action_units.mean_auc"),
    ],
)
def test_one_target(tmp_path, heads, primary):
    """A study of one target has a page without the sections of the others."""
    rows = drawn_rows(heads=heads, rows=60, seeds=0)
    folder = made_run(tmp_path, trials=4, rows=rows, primary=primary)
    page = Page(render(material_of(folder))[0])
    assert page.open == []
    assert "Emotions, class by class: the study has no such target" in page.text
    titles = {
        "valence_arousal": "Valence and arousal:",
        "action_unit_intensities": "Intensities of action units:",
        "action_units": "Action units, one by one:",
    }
    absent = {head for head, title in titles.items() if title in page.text}
    assert absent == set(titles) - set(heads)


def test_names_are_text(tmp_path):
    """A study, a known configuration or a backbone's error is no markup."""
    rows = drawn_rows(heads=["emotion"], rows=60, seeds=0)
    folder = made_run(tmp_path, trials=2, rows=rows)
    test = json.loads(folder.file(REPORT).read_text())
    test["study"] = MARKUP
    test["selection"]["known"][0]["name"] = MARKUP
    test["emotion"]["per_class"][MARKUP] = test["emotion"]["per_class"]["negative"]
    test["emotion"]["confusion"]["labels"][0] = MARKUP
    folder.file(REPORT).write_text(json.dumps(test))
    text, _ = render(material_of(folder))
    assert "<script" not in text
    assert MARKUP in Page(text).text


def test_what_mattered(rendered):
    """Pruned trials are compared too, at the epoch that all trials reached."""
    page, numbers = rendered
    assert "22 trials are compared at epoch 2 of fold 1, the last that all" in page.text
    assert "2 other trials are not compared: 1 failed and 1 diverged." in page.text
    shares = numbers["matters"]["importance"]
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.get) == "training.learning_rate"


def test_backbones(rendered):
    """The results and costs of each backbone are beside the page, in full."""
    page, numbers = rendered
    rows = numbers["matters"]["backbones"].values()
    assert sum(row["completed"] for row in rows) == 9
    for row in rows:
        assert f"{row['median_value']:.4f}" in page.text
        assert f"{row['seconds_an_epoch']:.2f}" in page.text
        assert f"{row['hours']:.2f}" in page.text


def test_groups_and_seeds(rendered):
    """Groups that are large enough are shown; seeds have their mean and interval."""
    text = rendered[0].text
    assert "Withheld, fewer than 5 subjects or beside such: x" in text
    assert "2 models were trained alike with other seeds" in text


def test_reliability(rendered):
    """The curve's bins are beside the page, and hold every labelled image."""
    bins = rendered[1]["calibration"]["emotion"]
    assert sum(row["count"] for row in bins) > 100
    assert all(0 <= row["true"] <= 1 for row in bins)


def test_methods(rendered):
    """The methods name data, search, model, intervals and software of the run."""
    for words in (
        "We used ckplus (900 images), with the targets emotion and action units",
        "We searched 5 hyperparameters with Optuna (sampler random",
        "for 24 trials, of which 9 were trained to their end",
        "jackknife over subjects",
        "Software: keras 3.15.1",
        "@article{bergstra2012,",
    ):
        assert words in rendered[0].text


def nested_test(rows):
    """Writes the content of ``nested.json`` for rows, of two parts."""
    gone = ("trial", "selection", "split", "seeds", "groups")
    whole = {k: v for k, v in report_of_rows(rows).items() if k not in gone}
    part = {"subjects": 6, "images": 30, "trial": 1, "validation": 0.7}
    part["metrics"] = {"emotion": {"macro_f1": 0.8}}
    objective = {"mean": 0.8, "validation_mean": 0.7, "parts": [0.8, 0.8]}
    runs = [{"part": n, "run": f"tiny-nested/outer-{n}", **part} for n in (1, 2)]
    return {
        **whole,
        "inner_folds": 2,
        "tested_before": 0,
        "parts": runs,
        "choices": {"head.dropout": {"parts": 2, "counts": {"0.1": 2}, "agree": 2}},
        "objective": whole["objective"] | objective,
    }


@pytest.fixture(scope="module")
def nested(tmp_path_factory):
    """A nested run of two parts: each has its search, and all their predictions."""
    out = tmp_path_factory.mktemp("nested")
    folder = RunFolder(out=out, name="tiny-nested")
    for number in (1, 2):
        made_run(out, f"tiny-nested/outer-{number}", trials=4, tested=False)
    rows = drawn_rows(heads=["emotion"], rows=60, seeds=0)
    text = STUDY.replace("folds = 2", "folds = 2\nouter_folds = 2")
    folder.file("nested.toml").write_text(text)
    folder.file(NESTED).write_text(json.dumps(nested_test(rows)))
    write_rows(folder.file(NESTED_ROWS), rows)
    lines = folder.file(NESTED_ROWS).read_text().splitlines()
    text = "".join(f"{'part' if not n else 1},{x}\n" for n, x in enumerate(lines))
    folder.file(NESTED_ROWS).write_text(text)
    return folder


def test_a_nested_run(nested):
    """The page of all outer parts has their searches, values, choices and methods."""
    answer = run_main(report.main, "--study", "tiny", "--out", str(nested.out))
    assert (answer.code, answer.err) == (0, "")
    page = Page(nested.file(PAGE).read_text())
    assert page.open == []
    for words in (
        "They were held out in 2 parts, each from a search of its own",
        "The outer parts",
        "on validation rows, where it was chosen, 0.700",
        "head.dropout0.1 2",
        "The numbers are in nested.json",
        "search.report --study tiny-nested/outer-1",
        "The curves are of the predictions of all outer parts together",
        "by nested evaluation (Cawley and Talbot 2010; Varma and Simon 2006)",
        "@article{varma2006,",
        "inner folds2",
        "training epochs",
    ):
        assert words in page.text, words
    numbers = json.loads(nested.file(PAGE_NUMBERS).read_text())
    assert sum(row["count"] for row in numbers["calibration"]["emotion"]) > 50
    assert [len(x) for x in numbers["searches"]["best_so_far"].values()] == [4, 4]
    parts = numbers["searches"]["parts"]
    assert [part["trials"] for part in parts.values()] == [4, 4]
    assert all(f"{part['best_value']:.4f}" in page.text for part in parts.values())


@pytest.mark.parametrize("gone", ["objective", "parts", "search", "intervals"])
def test_a_nested_report_of_an_older_version(nested, tmp_path, gone):
    """What a nested.json lacks is named in one message, with the way out."""
    found = json.loads(nested.file(NESTED).read_text())
    if gone == "objective":
        del found[gone]["value"]
    else:
        del found[gone]
    folder = RunFolder(out=tmp_path, name="tiny-nested")
    folder.make()
    folder.file(NESTED).write_text(json.dumps(found))
    with pytest.raises(RunError, match=rf"{NESTED}: {gone}.*; an older version may"):
        read_nested(folder)


def test_what_the_model_responds_to(tmp_path):
    """Charts that models.explain left beside the model are on the page."""
    folder = made_run(tmp_path, trials=1, tested=False)
    absent = Page(render(material_of(folder))[0]).text
    assert "--explain does so, on invented faces" in absent
    explained = folder.file(FOLDER)
    explained.mkdir()
    (explained / TABLE).write_text("unit,level\nAU12,0\n")
    (explained / CHANGES).write_bytes(b"\x89PNG")
    (explained / SHEET.format("surprise")).write_bytes(b"\x89PNG")
    page = Page(render(material_of(folder))[0])
    assert "The numbers are in explanation/dose_response.csv" in page.text
    assert sum("of an invented face" in image["alt"] for image in page.images) == 1
    assert "an invented face that shows surprise, and a map" in page.text


@pytest.mark.slow
def test_texts_of_a_tested_run(tested):
    """The command writes what is beside the page anew too, and says so."""
    answer = run_main(report.main, "--study", "tiny", "--out", str(tested.out))
    assert answer.code == 0
    assert answer.out.endswith("written again beside it: results.md\n")


def test_people_have_no_names(tested, rendered):
    """No subject's name is on the page."""
    names = json.loads(tested.file(REPORT).read_text())["by_subject"]["subjects"]
    assert names
    assert not [name for name in names if name in rendered[0].text]


def test_command(tmp_path):
    """The command writes page and numbers, again to the byte, or where it is told."""
    folder = made_run(tmp_path / "runs", trials=1, tested=False)
    words = ("--study", "tiny", "--out", str(folder.out))
    answer = run_main(report.main, *words)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == f"the report: {folder.file(PAGE)}\n"
    first = written(folder)
    assert {PAGE, PAGE_NUMBERS} <= set(first)
    to = tmp_path / "mine.html"
    assert run_main(report.main, *words, "--to", str(to)).code == 0
    assert to.read_bytes() == first[PAGE]
    assert to.with_suffix(".json").read_bytes() == first[PAGE_NUMBERS]
    assert written(folder) == first


def written(folder):
    """Reads a run's files but the database, which SQLite tidies up in its own time."""
    found = contents(folder.path).items()
    return {name: content for name, content in found if not name.startswith(DATABASE)}


@pytest.mark.parametrize(
    ("to", "words"), [("a.txt", "must end in .html"), ("no/a.html", "does not exist")]
)
def test_a_wrong_place(tested, tmp_path, to, words):
    """A page is not written to another kind of file or into no folder."""
    place = ("--to", str(tmp_path / to))
    answer = run_main(report.main, "--study", "tiny", "--out", str(tested.out), *place)
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err


def test_a_damaged_report(tmp_path):
    """A damaged holdout.json is named; no page is made of it."""
    folder = made_run(tmp_path, trials=1)
    folder.file(REPORT).write_text('{"trial": "x"}')
    with pytest.raises(RunError, match=r"holdout\.json"):
        material_of(folder)


def test_a_report_of_an_older_version(tmp_path):
    """A report that lacks parts, as older ones do, still has a page."""
    rows = drawn_rows(rows=60, seeds=0)
    whole = report_of_rows(rows)
    gone = ("selection", "primary", "by_subject", "groups", "intervals", "tested")
    folder = made_run(tmp_path, trials=2, rows=rows)
    kept = {name: part for name, part in whole.items() if name not in gone}
    folder.file(REPORT).write_text(json.dumps(kept))
    assert "The result on the hold-out" in Page(render(material_of(folder))[0]).text
