"""The methods in one text, ready for a paper."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data_pipeline.pages.section import Code, NoDataError, Section
from data_pipeline.pages.wording import counted, listed
from models.config.config import complete
from models.config.hyperparameters import Value
from search.references.catalogue import cited
from search.references.used import used_methods
from search.report_page.importance import FEWEST, IMPORTANCE
from search.report_page.material import Material
from search.report_page.wording import UNTESTED, backbone, settings, value_words
from search.reports.holdout_report import GUARANTEES
from search.reports.metric_texts import BASELINES, metric_words
from search.reports.review_report import describe_tested
from search.results.methods import methods
from search.results.section import NEEDED
from search.results.words import unit_name, units

Report = Mapping[str, Any]


def section(material: Material) -> Section:
    """Writes what was done, in the order of a paper."""
    test = material.test
    if test is None:
        raise NoDataError(UNTESTED)
    if not test.keys() >= NEEDED:
        raise NoDataError(f"{material.report_file} is of an older version")
    text = " ".join(
        (
            *_data(material, test),
            *_search(material, test),
            *_model(material, test),
            *evaluation(test),
        )
    )
    chosen = material.chosen
    tested = [] if chosen is None else [complete(settings(chosen))]
    return Section(
        codes=codes(text, material, tested, test), files=(material.report_file,)
    )


def codes(
    text: str,
    material: Material,
    tested: Sequence[Mapping[str, Value]],
    test: Report,
) -> tuple[Code, ...]:
    """Wraps a text of methods, its definitions, and BibTeX of all that was used.

    ``tested`` are complete configurations.
    """
    shown = {IMPORTANCE} if len(material.ended) >= FEWEST else set()
    works = cited(used_methods(material.study, tested, test) | shown)
    entries = "\n\n".join(work.bibtex() for work in works)
    return (
        Code(caption="Methods:", text=text),
        Code(caption="Definitions, machine and software:", text=_details(test)),
        Code(caption="What it cites, as BibTeX", text=entries, folded=True),
    )


def _details(test: Report) -> str:
    """Writes the definitions of ``results.md``, a line each."""
    found = (line.removeprefix("- ") for line in methods(test) if line[:2] == "- ")
    return "\n".join(f"{line.rstrip('.')}." for line in found)


def _data(material: Material, test: Report) -> Iterator[str]:
    study, whole = material.study, test["split"]["images"].get("whole", {})
    size = study.data.image_size
    drawn = ", on synthetic faces drawn in its layout" * material.synthetic
    total = f" ({whole['images']:,} images)" if "images" in whole else ""
    targets = listed([target.replace("_", " ") for target in study.data.targets])
    yield (
        f"We used {test['tested']['dataset']}{total}{drawn}, with the targets "
        f"{targets}, at {size} x {size} pixels."
    )
    guarantee = str(test["guarantee"])
    yield (
        f"We held out {units(test['intervals'])} "
        f"({counted(test['images'], 'image')}) before the search; "
        f"{GUARANTEES.get(guarantee, guarantee)}."
    )


def _search(material: Material, test: Report) -> Iterator[str]:
    study, counts = material.study, test["search"]
    yield (
        f"We searched {counted(len(study.space.parameters), 'hyperparameter')} with "
        f"Optuna (sampler {study.search.sampler}, pruner {study.search.pruner}, seed "
        f"{study.search.seed}) for {counted(counts['trials'], 'trial')}, of which "
        f"{counts['completed']} were trained to their end, {counts['pruned']} were "
        f"pruned and {counts['failed']} failed. A trial was trained on "
        f"{counted(study.split.folds, 'fold')} of the other images, for at most "
        f"{study.stride} epochs each; its value was {value_words(study)} on the pooled "
        "predictions of the validation parts."
    )
    if counts.get("ended"):
        yield f"The search ended: {counts['ended']}."


def _model(material: Material, test: Report) -> Iterator[str]:
    model, seeds, chosen = test["tested"], test.get("seeds"), material.chosen
    name = "" if chosen is None else f" ({backbone(chosen)})"
    rule = (test.get("selection") or {}).get("choose", "best")
    chosen_by = "the highest value" if rule == "best" else f'the rule "{rule}"'
    yield (
        f"We retrained the configuration of {chosen_by}{name} on all images that were "
        f"not held out, for {model['epochs']} epochs without early stopping "
        f"({model['parameters']:,} weights)."
    )
    if seeds:
        yield (
            f"We did so with {len(seeds['trained'])} seeds; {describe_tested(seeds)}."
        )
    known = model.get("trained_on") or ()
    if known:
        yield f"Its initial weights had been trained on {listed(list(known))}."


def evaluation(test: Report) -> Iterator[str]:
    """Says how the test was evaluated, and against what."""
    found = test["intervals"]
    opened = "once" if test["opened"] == 1 else f"{test['opened']} times"
    models = "these trained models" if "parts" in test else "this trained model"
    parts = (
        "Each part was opened at most" if "parts" in test else "The hold-out was opened"
    )
    yield f"{parts} {opened}."
    yield (
        f"The primary metric, {metric_words(test['primary']['metric'])}, was fixed "
        f"before. Intervals are of {100 * found['level']:g} %, by {found['method']}, "
        "around the value less its jackknife bias; they are for other "
        f"{unit_name(found)} and {models}, and none is corrected for the "
        "number of metrics."
    )
    named = [
        BASELINES[name][1].format_map({"weights": entry.get("weights", "a network")})
        for name, entry in test.get("baselines", {}).items()
        if name in BASELINES
    ]
    if named:
        yield (
            "We compared with a constant prediction and with "
            f"{listed(named)}, fitted to the same images."
        )
