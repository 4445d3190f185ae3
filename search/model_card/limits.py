"""Limits of a model: who was tested, which labels were absent, how faces were made."""

from collections.abc import Iterator

from data_pipeline.split.rules import LEAKY, Guarantee
from models.evaluation.jackknife import LEAST_SUBJECTS
from search.model_card.data_sets import face_set
from search.model_card.facts import CardFacts, Numbers
from search.reports.holdout_report import SYNTHETIC
from search.reports.metric_texts import HEADS
from search.results.markdown import bullets, heading

FEW = 50
"""With fewer subjects the card says that they are few."""


def limits(facts: CardFacts) -> Iterator[str]:
    """Lists what the numbers of the card do not say."""
    report = facts.report
    yield from heading("Limits")
    yield from bullets(
        line
        for part in (
            _people(report),
            _absent(report),
            _faces(facts),
            _training(facts),
            _elsewhere(),
        )
        for line in part
    )


def _people(report: Numbers) -> Iterator[str]:
    """Says what the split and the number of people leave open."""
    guarantee, people = str(report["guarantee"]), report["subjects"]
    if guarantee in LEAKY:
        yield LEAKY[Guarantee(guarantee)]
    if people is None:
        yield "The data name no people: intervals are not for other people"
    elif people < FEW:
        yield (
            f"Small: {people} people were tested. A label that fewer than "
            f"{LEAST_SUBJECTS} of them have, or lack, has no interval"
        )
    if report["opened"] > 1:
        yield f"Tested {report['opened']} times: only the first result is unbiased"
    if "groups" not in report:
        yield (
            "No demographics were given: differences between sexes, ages and "
            "ethnicities are unknown"
        )


def _absent(report: Numbers) -> Iterator[str]:
    """Names the labels that nothing is known of."""
    for head, title in HEADS.items():
        missing = report.get(head, {}).get("absent", [])
        if missing:
            yield (
                f"{title}, untested because absent from the hold-out: "
                f"{', '.join(missing)}"
            )


def _faces(facts: CardFacts) -> Iterator[str]:
    """Says how the faces came about."""
    if facts.report["synthetic"]:
        yield SYNTHETIC
        return
    found = face_set(facts.sidecar["data"]["dataset"])
    if found.posed:
        yield (
            f"Posed: {found.made}. Posed expressions are stronger than spontaneous "
            "ones and differ in their timing: expect lower scores on those"
        )
    elif found.posed is False:
        yield f"Spontaneous, in a laboratory: {found.made}"
    else:
        yield f"Mixed: {found.made}. Posed and spontaneous faces are not told apart"


def _training(facts: CardFacts) -> Iterator[str]:
    """Says what other trainings would change."""
    if "seeds" not in facts.report:
        yield (
            "One training with one seed was tested: another seed gives other numbers, "
            "and the intervals do not contain that"
        )
    if facts.report.get("start", {}).get("unknown"):
        yield "The data of its initial weights are unknown, and may have these images"


def _elsewhere() -> Iterator[str]:
    yield (
        "Not measured: other data sets, other cameras and light, and pictures whose "
        "faces are cropped otherwise than in training"
    )
