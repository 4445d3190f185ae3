"""The protocol: data, their split, and how often each label occurs in its parts."""

from collections.abc import Iterator

from search.reports.holdout_report import heading_lines
from search.results.markdown import bullets, cell, heading, table
from search.results.words import Report, unit_number
from search.study.study import Study

HOLD_OUT, WHOLE = "hold-out", "whole"


def protocol(study: Study, report: Report) -> Iterator[str]:
    """Describes the rows, and what no part of the search has seen."""
    yield from heading("Protocol")
    yield f"- {_data(study, report)}"
    yield from bullets(heading_lines(report))
    yield f"- {_split(study)}"
    yield f"- {_validation(report)}"
    yield ""
    yield from _label_counts(report)


def _data(study: Study, report: Report) -> str:
    """Describes the data set and its pictures."""
    name, size = report["tested"]["dataset"], study.data.image_size
    drawn = " (synthetic faces in its layout)" if report.get("synthetic") else ""
    whole = report["split"]["images"][WHOLE]["images"]
    return (
        f"Data: {name}{drawn}, {whole} images; targets: "
        f"{', '.join(study.data.targets)}; {size} x {size} pixels, crop "
        f"{cell(study.data.crop)}"
    )


def _split(study: Study) -> str:
    """Describes how the hold-out and the folds were drawn."""
    if study.split.by == "partition":
        return "Split: the parts that the data set publishes"
    return (
        f"Split: by {study.split.by}; of many random draws (hold_out_seed "
        f"{study.split.hold_out_seed}) the one whose parts have the most balanced "
        "labels; hold_out_subjects.txt lists the hold-out"
    )


def _validation(report: Report) -> str:
    """Describes the rows that trials were compared on."""
    counts = [found["images"] for found in _folds(report).values()]
    most, least = max(counts), min(counts)
    sizes = f"{most}" if most == least else f"{least} to {most}"
    if len(counts) == 1:
        return f"Validation: one part of {sizes} images"
    return (
        f"Validation: {len(counts)} folds of {sizes} images; each trial is scored on "
        "its pooled out-of-fold predictions"
    )


def _folds(report: Report) -> dict[str, Report]:
    images = report["split"]["images"]
    return {n: found for n, found in images.items() if n not in (WHOLE, HOLD_OUT)}


def _label_counts(report: Report) -> Iterator[str]:
    """Renders how many images of each part have each label."""
    images, folds = report["split"]["images"], _folds(report).values()
    names = [name for name in images[WHOLE] if name != "images"]
    rows = [
        (
            name.rpartition(".")[2],
            cell(images[WHOLE][name]),
            cell(images.get(HOLD_OUT, {}).get(name)),
            _range([fold.get(name, 0) for fold in folds]),
        )
        for name in sorted(names, key=lambda name: unit_number(name.rpartition(".")[2]))
    ]
    yield from table(("label", "images", "hold-out", "each validation part"), rows)


def _range(counts: list[int]) -> str:
    least, most = min(counts), max(counts)
    return cell(least) if least == most else f"{least} to {most}"
