"""The methods of a nested run in one text, ready for a paper."""

from collections.abc import Iterator, Mapping
from typing import Any

from data_pipeline.pages.section import NoDataError, Section
from data_pipeline.pages.wording import counted, listed
from models.config.config import complete
from models.config.hyperparameters import Value
from search.references.catalogue import cites
from search.report_page.material import Material
from search.report_page.sections.record.methods import codes, evaluation
from search.report_page.wording import value_words
from search.reports.holdout_report import GUARANTEES
from search.results.words import units

Report = Mapping[str, Any]

NEEDED = frozenset({"search", "intervals", "tested", "primary", "objective"})
"""Parts of ``nested.json`` that the text needs."""


def section(material: Material) -> Section:
    """Writes what was done, in the order of a paper."""
    test = material.test or {}
    if not test.keys() >= NEEDED:
        raise NoDataError(f"{material.report_file} is of an older version")
    text = (*_data(material, test), *_search(material, test), *evaluation(test))
    return Section(
        codes=codes(" ".join(text), material, _chosen(material, test), test),
        files=(material.report_file,),
    )


def _chosen(material: Material, test: Report) -> list[Mapping[str, Value]]:
    """Lists the complete configuration that each part chose."""
    fixed = dict(material.study.space.fixed)
    return [complete({**fixed, **part.get("config", {})}) for part in test["parts"]]


def _data(material: Material, test: Report) -> Iterator[str]:
    study, count = material.study, len(test["parts"])
    drawn = ", on synthetic faces drawn in its layout" * material.synthetic
    targets = listed([target.replace("_", " ") for target in study.data.targets])
    size, guarantee = study.data.image_size, str(test["guarantee"])
    guaranteed = GUARANTEES.get(guarantee, guarantee)
    yield (
        f"We used {test['tested']['dataset']} ({counted(test['images'], 'image')})"
        f"{drawn}, with the targets {targets}, at {size} x {size} pixels."
    )
    yield (
        "We estimated what the whole procedure reaches, search included, by nested "
        f"evaluation{cites('nested')}: {units(test['intervals'])} were divided by "
        f"{study.split.by} into {count} outer parts; {guaranteed}."
    )


def _search(material: Material, test: Report) -> Iterator[str]:
    study, counts = material.study, test["search"]
    ends = ", ".join(
        f"{counts[name]} {name}"
        for name in ("completed", "pruned", "failed")
        if name in counts
    )
    yield (
        "Each part was held out from a search of its own over "
        f"{counted(len(study.space.parameters), 'hyperparameter')} with Optuna "
        f"(sampler {study.search.sampler}, pruner {study.search.pruner}), by "
        f"{counted(test['inner_folds'], 'inner fold')} of the other parts; all "
        f"searches together had {counted(counts['trials'], 'trial')} ({ends}), each of "
        f"at most {study.stride} epochs a fold. The value of a trial was "
        f"{value_words(study)} on the predictions of its validation rows."
    )
    yield (
        "The best configuration of each search was retrained on all other parts and "
        "tested once on its own part; the predictions of all parts were scored "
        "together."
    )
