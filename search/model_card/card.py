"""The model card: front matter, then the parts that Hugging Face's template names.

Its numbers are those of ``holdout.json``, ``model.json`` and the ledger.

Source: Mitchell et al. 2019, Model Cards for Model Reporting.
"""

from collections.abc import Iterator

from search.model_card.citing import citing
from search.model_card.data_sets import face_set
from search.model_card.facts import CardFacts
from search.model_card.front_matter import front_matter
from search.model_card.limits import limits
from search.model_card.loading import loading
from search.model_card.training import training
from search.model_card.uses import uses
from search.reports.holdout_report import SYNTHETIC
from search.reports.metric_texts import metric_words, number
from search.results.markdown import as_text, bullets, cell, heading, interval, table
from search.results.methods import methods
from search.results.protocol import protocol
from search.results.scores import scores
from search.results.words import unit_number

OUTPUTS: dict[str, str] = {
    "emotions": "`emotion`, probabilities that add up to 1",
    "action_units": "`action_units`, a probability each",
    "intensities": "`action_unit_intensities`, 0 (absent) to 5",
    "dimensions": "`valence_arousal`, -1 to 1",
}
"""Key of the labels in ``model.json`` -> the output that has them."""


def model_card(facts: CardFacts) -> str:
    """Renders the card as Markdown."""
    parts = (
        _title(facts),
        _model(facts),
        uses(facts),
        limits(facts),
        _data(facts),
        training(facts),
        scores(facts.report),
        _thresholds(facts),
        methods(facts.report),
    )
    text = as_text(line for part in parts for line in part)
    code = "\n".join([*loading(facts), *citing(facts)])
    return f"{front_matter(facts)}\n{text}\n{code}\n"


def _title(facts: CardFacts) -> Iterator[str]:
    """Says in three sentences what this is, and whether faces are real."""
    report = facts.report
    yield ""
    yield f"# Model card of {report['study']}"
    yield ""
    if report["synthetic"]:
        yield f"> **{SYNTHETIC}**"
        yield ""
    head, _, metric = report["primary"]["metric"].partition(".")
    row = report.get(head, {}).get("metrics", {}).get(metric)
    who = f"{report['subjects']} people" if report["subjects"] else "images"
    yield (
        f"A Keras model that reads a picture of one face. It was tested on {who} that "
        "its training and its search never used. Written by the run: `holdout.json` "
        "and `model.json` have every number."
    )
    if row is not None:
        yield ""
        words = metric_words(report["primary"]["metric"])
        yield f"**{words} {interval(row)}, the 95 % interval in brackets**"


def _model(facts: CardFacts) -> Iterator[str]:
    """Describes inputs, outputs and terms."""
    yield from heading("Model")
    yield from bullets(_interface(facts))
    yield (
        "- Terms: none are granted here. The software is under the MIT licence; the "
        "model learned from data with terms of their own (see Data). Choose a licence "
        "that they allow before you publish it"
    )


def _interface(facts: CardFacts) -> Iterator[str]:
    """Describes what goes in and what comes out, and the network between."""
    taken, weights = facts.sidecar["input"], facts.sidecar["parameters"]
    yield (
        f"Input: {taken['size']} x {taken['size']} pixels, channels: "
        f"{taken['channels']}, values 0 to 255; crop: {_crop(taken['crop'])}"
    )
    for key, what in OUTPUTS.items():
        if facts.sidecar.get(key):
            yield f"Output {what}, in this order: {', '.join(facts.sidecar[key])}"
    yield f"Backbone: {facts.values['backbone.name']}; trainable weights: {weights:,}"


def _crop(crop: object) -> str:
    """Names the crop; the sidecar has its numbers."""
    return cell(crop.get("kind") if isinstance(crop, dict) else crop)


def _data(facts: CardFacts) -> Iterator[str]:
    """Describes the data, their terms, and their split."""
    of = facts.sidecar["data"]
    found = face_set(of["dataset"])
    yield from heading("Data")
    if facts.report["synthetic"]:
        yield (
            f"- Faces rendered by this project, in the layout of {found.title}: nobody "
            "in them is real, and no terms apply"
        )
    else:
        yield f"- {found.title}: {found.made}. Access: {found.access}"
    yield f"- Version: fingerprint of the labels `{of['fingerprint']}`"
    yield from protocol(facts.study, facts.report)


def _thresholds(facts: CardFacts) -> Iterator[str]:
    """Renders the least probability at which a unit counts as present."""
    found = facts.sidecar["thresholds"]
    if not found:
        return
    yield from heading("Thresholds")
    yield (
        "An action unit counts as present from this probability on, chosen on "
        "validation predictions; an emotion is the most probable one."
    )
    yield ""
    yield from table(
        ("action unit", "threshold"),
        ((unit, number(found[unit])) for unit in sorted(found, key=unit_number)),
    )
