"""The protocol: data, their split, and how often each label occurs in its parts."""

from collections.abc import Iterator

from data_pipeline.config.data_config import DataConfig
from data_pipeline.labels.labels import HIGH_LEVEL_OF, emotion_classes
from data_pipeline.pages.wording import counted
from data_pipeline.split.stratify import CANDIDATES
from search.references.catalogue import cites
from search.references.used import dataset_of
from search.reports.holdout_report import heading_lines
from search.reports.metric_texts import UNDEFINED
from search.results.markdown import bullets, cell, heading, table
from search.results.words import Report, unit_number
from search.study.study import Study

HOLD_OUT, WHOLE = "hold-out", "whole"

UNITS = "action_units"
_OF_UNITS = {UNITS, "action_unit_intensities"}


def protocol(study: Study, report: Report) -> Iterator[str]:
    """Describes the rows, and what no part of the search has seen."""
    images = report["split"]["images"][WHOLE]["images"]
    yield from heading("Protocol")
    yield f"- {data_line(study, report, images=images)}"
    yield from bullets(label_lines(study, report))
    yield from bullets(heading_lines(report))
    yield f"- {_split(study)}"
    yield f"- {_validation(report)}"
    yield from people_table(report)
    yield ""
    yield from _label_counts(study.data, report)


def data_line(study: Study, report: Report, *, images: int) -> str:
    """Describes the data set, its targets and its pictures."""
    name, data = report["tested"]["dataset"], study.data
    drawn = ", synthetic faces in its layout" if report.get("synthetic") else ""
    targets = [f"{target}{cites(f'target:{target}')}" for target in data.targets]
    size = data.image_size
    return (
        f"Data: {name}{cites(f'data:{dataset_of(study)}')}{drawn}; {images} images; "
        f"targets: {', '.join(targets)}; {size} x {size} pixels, crop {data.crop}"
        f"{cites(f'crop:{data.crop}')}"
    )


def label_lines(study: Study, report: Report) -> Iterator[str]:
    """Defines the labels: groups of emotions, present units, frames of a sequence."""
    data = study.data
    if "emotion" in data.targets and data.level == "high_level":
        yield f"Emotions: {_groups()}; a neutral face has none of them"
    if _OF_UNITS & set(data.targets):
        yield from _units(study, report)
    if dataset_of(study) == "ckplus":
        yield from _frames(data, report.get("layout"))


def _groups() -> str:
    """Lists the emotions of each high-level class."""
    members: dict[str, list[str]] = {}
    for emotion, group in HIGH_LEVEL_OF.items():
        members.setdefault(str(group), []).append(str(emotion))
    return "; ".join(f"{group} = {', '.join(of)}" for group, of in members.items())


def _units(study: Study, report: Report) -> Iterator[str]:
    """Says when an action unit is present."""
    if study.data.present_from is not None:
        yield f"An action unit is present from intensity {study.data.present_from}"
    elif dataset_of(study) == "ckplus" and report.get("layout") == "ckplus_csv":
        yield "An action unit is present where the table of the data has 1"
    elif dataset_of(study) == "ckplus" and report.get("layout") == "ckplus":
        yield (
            "An action unit is present if the coding of its sequence lists it, "
            "whatever its intensity"
        )


def _frames(data: DataConfig, layout: str | None) -> Iterator[str]:
    """Says which frames of a sequence are used, where it is known."""
    if layout == "ckplus_csv":
        yield "Images and labels: those that the table of the data lists"
        return
    last = data.frames or _FRAMES.get(str(layout))
    if last is None:
        return
    text = "its last, the peak" if last == 1 else f"its last {last}"
    neutral = "; its first one is a neutral face" if data.neutral == "first" else ""
    yield f"Frames of a sequence: {text}{neutral}"


_FRAMES = {"ckplus": 1, "ckplus48": 3}
"""Last frames of a sequence that each layout of CK+ has by default."""


def _split(study: Study) -> str:
    """Describes how the hold-out and the folds were drawn."""
    if study.split.by == "partition":
        return "Split: the parts that the data set publishes"
    if study.split.by == "image":
        return (
            "Split: by image, stratified by emotion (hold_out_seed "
            f"{study.split.hold_out_seed}); hold_out_subjects.txt lists the hold-out"
        )
    return (
        f"Split: by {study.split.by}; of {CANDIDATES} random draws (hold_out_seed "
        f"{study.split.hold_out_seed}) the one whose parts have the most balanced "
        "labels. Such a hold-out is more typical than a random one, which the "
        "intervals do not allow for; hold_out_subjects.txt lists it"
    )


def _validation(report: Report) -> str:
    """Describes the rows that trials were compared on."""
    counts = [found["images"] for found in _folds(report).values()]
    most, least = max(counts), min(counts)
    sizes = f"{most}" if most == least else f"{least} to {most}"
    if len(counts) == 1:
        return f"Validation: one part of {sizes} images{_subjects(report)}"
    return (
        f"Validation: {len(counts)} folds of {sizes} images{_subjects(report)}; each "
        f"trial is scored on its pooled out-of-fold predictions{_imbalance(report)}"
    )


def _subjects(report: Report) -> str:
    """Counts the subjects of a fold, where the report has them."""
    found = report.get("fold_subjects")
    return f" of {_range(found)} subjects" if found else ""


def _imbalance(report: Report) -> str:
    """Says how far the labels of the folds are from balance, as that of a hold-out."""
    found = report["split"]["imbalance"]
    each = [value for name, value in found.items() if name.startswith("fold")]
    if not each:
        return ""
    return f"; imbalance of their labels {min(each):.2f} to {max(each):.2f}"


def _folds(report: Report) -> dict[str, Report]:
    images = report["split"]["images"]
    return {n: found for n, found in images.items() if n not in (WHOLE, HOLD_OUT)}


def people_table(report: Report) -> Iterator[str]:
    """Renders subjects and images of each part, and the images of a subject."""
    parts = report.get("people")
    if not parts:
        return
    rows = [
        (
            name.replace("_", "-"),
            cell(found["subjects"]),
            cell(found["images"]),
            _images_of_a_subject(found.get("images_of_a_subject")),
        )
        for name, found in parts.items()
    ]
    yield ""
    yield from table(
        ("part", "subjects", "images", "images of a subject: median (range)"), rows
    )


def _images_of_a_subject(found: Report | None) -> str:
    if found is None:
        return UNDEFINED
    return f"{found['median']:g} ({found['least']} to {found['most']})"


def _label_counts(data: DataConfig, report: Report) -> Iterator[str]:
    """Renders how many images of each part have each label that is learned."""
    images, folds = report["split"]["images"], _folds(report).values()
    names = [name for name in images[WHOLE] if _is_learned(name, data)]
    rows = [
        (
            name.rpartition(".")[2],
            cell(images[WHOLE][name]),
            cell(images.get(HOLD_OUT, {}).get(name)),
            _range([fold.get(name, 0) for fold in folds]),
        )
        for name in sorted(names, key=lambda name: unit_number(name.rpartition(".")[2]))
    ]
    parts = counted(len(folds), "fold") if len(folds) > 1 else "validation part"
    each = f"each of {parts}" if len(folds) > 1 else parts
    yield from table(("label", "images", "hold-out", each), rows)


def _is_learned(name: str, data: DataConfig) -> bool:
    """Whether a label, with its column, is one of a study's targets.

    Valence and arousal are balanced by the expression that goes with them.
    """
    column, _, label = name.partition(".")
    if column == UNITS:
        return bool(_OF_UNITS & set(data.targets))
    wanted, classes = emotion_classes(data.level, ())
    chosen = column == wanted and (not classes or label in classes)
    return chosen and not set(data.targets) <= _OF_UNITS


def _range(counts: list[int]) -> str:
    least, most = min(counts), max(counts)
    return cell(least) if least == most else f"{least} to {most}"
