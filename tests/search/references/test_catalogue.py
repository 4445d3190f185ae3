"""Works are cited where a run used their method, and no entry is dead."""

import pytest

from data_pipeline.config.data_config import TARGETS
from data_pipeline.dataset.datasets import DATASETS
from models.config.config import complete
from models.config.hyperparameters import HYPERPARAMETERS
from search.final.sidecar import PACKAGES
from search.model_card.citing import CARD
from search.references.catalogue import WORKS, cited
from search.references.used import used_methods
from search.references.work import VENUES
from search.report_page.importance import IMPORTANCE
from search.reports.metric_texts import METRIC_TEXTS
from search.study.algorithms import PRUNERS, SAMPLERS
from search.study.study import read_study

NAMED = {
    "sampler": SAMPLERS,
    "pruner": PRUNERS,
    "data": DATASETS,
    "target": TARGETS,
    "crop": ("detect", "landmarks"),
    "package": PACKAGES,
    "metric": METRIC_TEXTS,
    "calibration": ("emotion", "action_units", "errors"),
    "selection": ("corrected", "paired"),
}
ALONE = (
    CARD,
    IMPORTANCE,
    "intervals",
    "seeds",
    "nested",
    "nested, from part to part",
    "sampler:bohb, several objectives",
)


def exists(name):
    """Whether a name is that of a method which a run can use."""
    key, equals, value = name.partition("=")
    if name in ALONE:
        return True
    if equals:
        choices = HYPERPARAMETERS[key].choices
        return choices is None or value in choices
    group, colon, member = name.partition(":")
    return member in NAMED[group] if colon else name in HYPERPARAMETERS


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.key)
def test_a_work_is_complete(work):
    """It has all that its type needs, and each of its methods exists."""
    assert work.kind in VENUES
    assert work.of
    assert all(map(exists, work.of))
    assert work.key.endswith(str(work.year))
    assert all(", " in name for name in work.names() if name != "others")
    assert work.doi.startswith("10.") or not work.doi
    assert {"author", "title", "year"} < dict(work.bibtex_fields()).keys()


def test_keys_and_titles_are_unique():
    """No work is listed twice."""
    assert len({work.key for work in WORKS}) == len(WORKS)
    assert len({work.title for work in WORKS}) == len(WORKS)


def test_a_run_cites_what_it_used():
    """Its sampler, backbone and data set, and no others."""
    study = read_study("smoke")
    report = {
        "tested": {"versions": {"keras": "3.15"}},
        "emotion": {"metrics": {"kappa": {}}},
        "seeds": {"trained": [1, 2]},
        "selection": {"corrected": {}, "resamples": 1000, "compared": 2},
        "calibration": {"emotion": {"before": {}}, "action_units": {"left": {}}},
    }
    tested = complete({"training.sam_rho": 0.05})
    keys = {w.key for w in cited(used_methods(study, [tested], report))}
    assert {"falkner2018", "he2016", "lucey2010", "foret2021", "cohen1960"} <= keys
    assert {"chollet2015", "guo2017", "searle1992", "tsamardinos2018"} <= keys
    assert not keys & {"platt1999", "varma2006", "mollahosseini2019", "abadi2016"}
    assert not keys & {"zhang2018", "golovin2017", "liu2022", "lin1989"}


def test_a_reference_is_written_in_full():
    """Authors, year, title, place, volume, pages and DOI, in this order."""
    work = next(work for work in WORKS if work.key == "lin1989")
    assert work.citation() == "Lin 1989"
    assert work.reference() == (
        "Lin, L. I.-K. (1989). A Concordance Correlation Coefficient to Evaluate "
        "Reproducibility. Biometrics 45(1), 255-268. doi:10.2307/2532051"
    )


def test_a_preset_is_cited_by_its_amounts():
    """A preset that erases cites random erasing; one that does not, does not."""
    study = read_study("smoke")

    def keys(preset):
        tested = complete({"augmentation.preset": preset})
        return {work.key for work in cited(used_methods(study, [tested], {}))}

    assert "zhong2020" not in keys("standard")
    assert "zhong2020" in keys("fer_strong")
