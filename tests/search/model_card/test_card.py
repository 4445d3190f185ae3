"""The model card: metadata that Hugging Face reads, and numbers of the run alone."""

import json
import re
import tomllib

import pytest
from huggingface_hub import ModelCard

from data_pipeline.system.errors import RunError
from models.config.config import complete
from search.model_card.card import model_card
from search.model_card.data_sets import FACE_SETS, face_set
from search.model_card.facts import CardFacts, gather_facts
from search.pipeline.past_runs import records_of_run, study_of_run
from search.study.study import check_study
from tests.factories.made_run import STUDY, drawn_rows, made_run, report_of_rows

ARTICLE = (
    "the placing on the market, the putting into service for this specific purpose, or "
    "the use of AI systems to infer emotions of a natural person in the areas of "
    "workplace and education institutions, except where the use of the AI system is "
    "intended to be put in place or into the market for medical or safety reasons"
)
LABELS = ("emotion", "action_units", "action_unit_intensities", "valence_arousal")


def sidecar_of(targets, dataset):
    """Writes the content of ``model.json``."""
    return {
        "parameters": 150_000,
        "input": {"size": 48, "channels": 1, "crop": {"kind": "landmarks"}},
        "emotions": targets.emotions,
        "action_units": targets.action_units,
        "intensities": targets.intensities,
        "dimensions": targets.dimensions,
        "thresholds": dict.fromkeys(targets.action_units, 0.4321),
        "data": {"dataset": dataset, "fingerprint": "ab" * 32},
        "versions": {"keras": "3.15.1", "tensorflow": "2.21.0"},
    }


def facts_of(*, heads=LABELS[:2], dataset="ckplus", without=("seeds",), **changes):
    """Makes what the card of a tested model tells; ``changes`` are of its report."""
    rows = drawn_rows(heads=heads)
    primary = "emotion.macro_f1" if "emotion" in heads else "action_units.mean_auc"
    report = report_of_rows(rows, primary=primary, **changes)
    return CardFacts(
        study=check_study(tomllib.loads(STUDY), name="tiny", place="tiny.toml"),
        values=complete({"backbone.name": "mobilenet"}),
        report={key: part for key, part in report.items() if key not in without},
        sidecar=sidecar_of(rows.targets, dataset),
        seconds=3700.0,
    )


@pytest.fixture(scope="module")
def facts():
    """The facts of a model that was tested on real faces, with all heads."""
    return facts_of(heads=LABELS, synthetic=False)


@pytest.fixture(scope="module")
def text(facts):
    """The card of that run."""
    return model_card(facts)


def test_hugging_face_reads_it(facts, text):
    """Its own parser reads library, tags and each result with its value."""
    data = ModelCard(text, ignore_metadata_errors=False).data
    assert (data.library_name, data.license, data.model_name) == (
        *("keras", "unknown"),
        facts.report["study"],
    )
    assert {"facial-action-units", "valence-arousal"} <= set(data.tags)
    assert "synthetic-data" not in data.tags
    first = data.eval_results[0]
    assert (first.metric_type, first.dataset_type) == ("f1", "ckplus")
    reached = facts.report["emotion"]["metrics"]["macro_f1"]
    assert first.metric_value == round(reached["value"], 6)
    assert f"95 % interval {reached['low']:.3f} to" in first.metric_name
    assert {found.metric_type for found in data.eval_results} == set(data.metrics)
    assert len(data.eval_results) == 7


def test_every_score_is_in_the_report(facts, text):
    """A number with three decimals is one of the report, the choice or a threshold."""
    part = text.partition("## Results on the hold-out")[2].partition("## Methods")[0]
    shown = set(re.findall(r"(?<![\d.])\d\.\d{3}(?!\d)", part))
    assert len(shown) > 100
    known = re.findall(r"\d\.\d+(?:e-\d+)?", json.dumps(facts.report))
    weights = facts.report["search"]["objective"]
    objective = sum(
        weight * facts.report[head]["metrics"][name]["value"]
        for (head, _, name), weight in (
            (metric.partition("."), weight) for metric, weight in weights.items()
        )
    )
    known = {f"{float(value):.3f}" for value in known} | {f"{objective:.3f}", "0.432"}
    assert shown <= known


def test_the_law_is_quoted(text):
    """Article 5(1)(f) stands word for word, with high-risk and transparency rules."""
    plain = " ".join(text.split())
    assert f'"{ARTICLE}"' in plain
    assert "**Annex III, point 1(c)**" in plain
    assert "**Article 50(3)**" in plain


def test_limits_are_named(text):
    """Few people, posed faces, absent labels, leaks and lacking demographics."""
    assert "- Small: 12 people were tested." in text
    assert "- Posed: adults performed displays" in text
    assert "given to researchers under an agreement" in text
    assert "One training with one seed was tested" in text
    assert "fewer than 5 subjects or beside such: x" in text
    other = model_card(
        facts_of(
            dataset="own: lab",
            synthetic=False,
            guarantee="image",
            subjects=None,
            opened=2,
            without=("seeds", "groups"),
        )
    )
    assert "Warning: split by image." in other
    assert "own data: the one who publishes" in other
    assert "Tested 2 times: only the first result is unbiased" in other


def test_drawn_faces_are_marked_loudly():
    """Of synthetic faces the card says first that no number is of real people."""
    text = model_card(facts_of())
    assert text.count("SYNTHETIC DATA") >= 3
    assert "- synthetic-data\n" in text
    assert "> **SYNTHETIC DATA" in text.partition("## Model")[0]
    assert "- Posed" not in text


def test_movements_are_not_called_emotions():
    """A model of action units alone is said to show movements."""
    text = model_card(facts_of(heads=("action_units",)))
    assert "The outputs of this model are facial movements." in text
    assert 'found["emotion"]' not in text


def test_names_are_no_markup():
    """A study or label that is a tag of HTML stays text."""
    name = "<script>alert(1)</script>\x1b[31m"
    text = model_card(facts_of(study=name, dataset=f"own: {name}"))
    body = text.split("---\n")[2]
    assert "<script>" not in body
    assert "&lt;script>" in body
    assert "\x1b" not in text
    assert ModelCard(text, ignore_metadata_errors=False).data.model_name == name


def test_it_cites_what_the_run_used(text):
    """Data, methods and model cards have an entry of BibTeX each; sampler too."""
    entries = text.partition("```bibtex")[2]
    for key in ("lucey2010", "efron1993", "mitchell2019", "barrett2019"):
        assert f"{{{key}," in entries
    assert entries.count("title = {{") == entries.count("\n@")


def test_facts_are_gathered_from_a_run(tmp_path):
    """Hyperparameters of the tested trial and the search's time are the ledger's."""
    folder = made_run(tmp_path / "runs", trials=2)
    study, _ = study_of_run(folder)
    records = records_of_run(folder, storage=None)
    with pytest.raises(RunError, match=re.escape("has no model.json")):
        gather_facts(folder, study, records)
    folder.file("model.json").write_text("{}")
    found = gather_facts(folder, study, records)
    assert found.report["trial"] == 1
    assert found.values["backbone.name"] in ("residual_cnn", "mobilenet")
    assert found.seconds > 0


def test_every_data_set_has_its_terms():
    """Each ready data set is described; own data by their name."""
    assert {"ckplus", "fer2013", "ferplus", "affectnet", "jaffe"} <= set(FACE_SETS)
    for name in ("ckplus", "affectnet", "own: jaffe", "own: rafdb"):
        assert "agreement" in face_set(name).access
    assert face_set("own: lab").posed is None
