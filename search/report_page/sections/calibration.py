"""Whether the predicted probabilities are the shares that come true."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.targets.targets import Targets
from models.metrics.calibration import Reliability, reliability
from models.metrics.predictions import Predictions
from search.report_page.charts.reliability import reliability_chart
from search.report_page.material import Material
from search.report_page.wording import UNTESTED
from search.reports.metric_texts import number
from search.results.scores import calibration_rows, describe_calibrated
from search.run_files import PAGE_NUMBERS

TITLES = {"emotion": "emotions", "action_units": "action units"}


def section(material: Material) -> Section:
    """Draws the reliability curve of each head of probabilities."""
    if material.test is None:
        raise NoDataError(UNTESTED)
    if material.rows is None:
        raise NoDataError(f"{material.rows_file} is not there")
    rows = material.rows.rows
    found = dict(_curves(rows.targets, rows.model.predictions))
    if not found:
        raise NoDataError("the study predicts no probabilities")
    charts = (_chart(head, bins) for head, bins in found.items())
    return Section(
        paragraphs=(*_texts(material.test), *_nested(material)),
        charts=tuple(charts),
        tables=tuple(_tables(material.test)),
        files=(material.rows_file, PAGE_NUMBERS, material.report_file),
        numbers={head: bins.entry() for head, bins in found.items()},
    )


def _curves(targets: Targets, made: Predictions) -> Iterator[tuple[str, Reliability]]:
    """Yields the bins of the predicted class, and of all action units together."""
    if targets.emotions and made.emotion is not None:
        known = targets.emotion_mask
        likely = made.emotion[known]
        right = likely.argmax(axis=1) == targets.emotion[known].argmax(axis=1)
        yield "emotion", reliability(likely.max(axis=1), right)
    if targets.action_units and made.action_units is not None:
        known = targets.action_unit_mask
        yield (
            "action_units",
            reliability(made.action_units[known], targets.action_unit[known] > 0),
        )


def _texts(test: Mapping[str, Any]) -> Iterator[str]:
    yield (
        "On the diagonal a probability is the share that comes true. Below it the "
        "model is too sure, above it not sure enough."
    )
    for head, name in (("emotion", "ece"), ("action_units", "mean_ece")):
        part = test.get(head, {})
        found = part.get("metrics", {}).get(name, {}).get("value")
        if found is not None:
            expected = part.get("if_calibrated", {}).get(name)
            yield (
                f"Calibration error of the {TITLES[head]}: {number(found)}; a "
                f"calibrated model shows {number(expected)} on so many images."
            )
    parts = test.get("calibration") or {}
    if parts:
        yield f"Fitted to out-of-fold predictions: {describe_calibrated(parts)}."


def _nested(material: Material) -> Iterator[str]:
    if material.nested:
        yield (
            "The curves are of the predictions of all outer parts together; each part "
            "has a model of its own, calibrated on its own out-of-fold predictions."
        )


def _chart(head: str, bins: Reliability) -> Chart:
    listing = "; ".join(
        f"{predicted:.2f} predicted, {true:.2f} true of {count}"
        for count, predicted, true in bins.rows()
    )
    what = (
        "Probability of the predicted class, and how often it is right"
        if head == "emotion"
        else "Probability of an action unit, and how often it is there; all units"
    )
    return Chart(
        name=f"reliability-{head.replace('_', '-')}",
        caption=f"{what}. The columns below count the predictions.",
        alt=f"Reliability curve of the {TITLES[head]}: {listing}.",
        png=reliability_chart(bins),
    )


def _tables(test: Mapping[str, Any]) -> Iterator[Table]:
    rows = calibration_rows(test.get("calibration") or {})
    if rows:
        frame = pd.DataFrame(
            [row[2:] for row in rows],
            index=pd.Index(
                [f"{head}: {name}" for head, name, *_ in rows], name="error"
            ),
            columns=["before", "after"],
        )
        yield Table(
            caption="Errors on the hold-out before and after the calibration",
            frame=frame,
            open=True,
        )
