"""Labels and predictions of each image of the hold-out, as a table.

Every number is written with all of its digits, so that every score of the report
follows from the table and the thresholds.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.table_checks import csv_lines
from data_pipeline.files.csv_writer import CsvTable
from data_pipeline.system.errors import RunError
from data_pipeline.targets.targets import Targets
from models.evaluation.baseline import Constants
from models.evaluation.comparison import Candidate
from models.metrics.predictions import HEADS, Predictions
from search.holdout.scores import ScoredRows
from search.run_folder import write_text

LABEL, VOTES, MODEL = "label", "votes", "model"
SEED = "seed_"
"""Beginning of the name of a seed's set; its number follows."""

CONSTANT, LEAST_ERROR = "constant", "constant_least_error"
IMAGE, UNIT, DUPLICATE = "image", "unit", "duplicate"
ROW = (IMAGE, "subject", "sequence", UNIT, DUPLICATE)
"""Columns before the numbers: ``unit`` is what intervals leave out."""

Columns = dict[str, np.ndarray]
"""Head to numbers, (N, K) each; a label that is unknown is NaN."""

_NAMES = dict(
    zip(
        HEADS,
        ("emotions", "action_units", "intensities", "dimensions"),
        strict=True,
    )
)
"""Head to the attribute of ``Targets`` that names its columns."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordedRows:
    """The rows of a table; true in ``duplicates``: also a development image."""

    images: Sequence[str]
    rows: ScoredRows
    duplicates: np.ndarray


def write_predictions(
    path: Path, table: SampleTable, rows: ScoredRows, duplicates: np.ndarray
) -> None:
    """Writes a line for each image: its labels, and every number predicted for it.

    Columns of numbers are named ``set.head.name``; the sets are the labels, the
    votes, the model, its seeds, each baseline and the two constants.
    """
    numbers = _sets(rows)
    names = {head: getattr(rows.targets, of) for head, of in _NAMES.items()}
    names_of_votes = {} if rows.votes is None else {"emotion": rows.votes.emotions}
    header = [
        f"{which}.{head}.{name}"
        for which, columns in numbers.items()
        for head in columns
        for name in (names_of_votes if which == VOTES else names)[head]
    ]
    parts = [part for columns in numbers.values() for part in columns.values()]
    cells = np.concatenate([*parts, np.zeros((len(table), 0))], axis=1)
    frame = table.frame
    content = io.StringIO()
    CsvTable(content, [*ROW, *header]).add_all(
        [
            *(frame[name].iloc[row] for name in ROW[:3]),
            rows.units[row],
            int(duplicates[row]),
            *("" if np.isnan(x) else repr(float(x)) for x in cells[row]),
        ]
        for row in range(len(table))
    )
    write_text(path, content.getvalue())


def read_predictions(
    path: Path, thresholds: Mapping[str, Mapping[str, float]], *, before: int = 0
) -> RecordedRows:
    """Reads what ``write_predictions`` wrote.

    ``thresholds`` are those of the action units, of the model and of each baseline;
    ``before`` counts the columns of another table before those of this one.

    Raises:
        RunError: the file is not such a table.
    """
    lines = [cells[before:] for _, cells in csv_lines(path, unit="row")]
    header, body = (lines[0], lines[1:]) if lines else ([], [])
    if tuple(header[: len(ROW)]) != ROW or any(len(x) != len(header) for x in body):
        raise RunError(
            f"{path}: must begin with the columns {','.join(ROW)} and have as many "
            f"cells in each row, found {','.join(header[: len(ROW)]) or 'no line'}; "
            "restore a copy, or move it away"
        )
    try:
        numbers = np.array(
            [[float(x or "nan") for x in cells[len(ROW) :]] for cells in body], float
        ).reshape(len(body), len(header) - len(ROW))
        sets = _parsed(header[len(ROW) :], numbers)
        return RecordedRows(
            images=[cells[ROW.index(IMAGE)] for cells in body],
            rows=_rows(sets, [cells[ROW.index(UNIT)] for cells in body], thresholds),
            duplicates=np.array([x[ROW.index(DUPLICATE)] == "1" for x in body], bool),
        )
    except (KeyError, ValueError) as error:
        raise RunError(
            f"{path}: not a table of predictions ({error}); restore a copy, or move "
            "it away"
        ) from None


def _sets(rows: ScoredRows) -> dict[str, Columns]:
    """Lists the sets of numbers, each with its heads."""
    predicted = {
        MODEL: rows.model.predictions,
        **{f"{SEED}{number}": one.predictions for number, one in rows.seeds.items()},
        **{name: each.predictions for name, each in rows.baselines.items()},
        CONSTANT: rows.constants.usual,
        LEAST_ERROR: rows.constants.least_error,
    }
    return {
        LABEL: _labels(rows.targets),
        **({} if rows.votes is None else {VOTES: _labels(rows.votes)}),
        **{name: dict(_heads(each)) for name, each in predicted.items()},
    }


def _labels(targets: Targets) -> Columns:
    """Returns the labels of each head that is a target."""
    found = {
        "emotion": (targets.emotion, targets.emotion_mask[:, None]),
        "action_units": (targets.action_unit, targets.action_unit_mask),
        "action_unit_intensities": (targets.intensity, targets.intensity_mask),
        "valence_arousal": (targets.valence_arousal, targets.valence_arousal_mask),
    }
    return {
        head: np.where(mask, values.astype(np.float64), np.nan)
        for head, (values, mask) in found.items()
        if getattr(targets, _NAMES[head])
    }


def _heads(predictions: Predictions) -> Iterator[tuple[str, np.ndarray]]:
    """Yields the heads that were predicted."""
    for head, values in zip(HEADS, predictions.heads(), strict=True):
        if values is not None:
            yield head, values.astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Set:
    """The columns of a set, and their names, by head."""

    names: dict[str, tuple[str, ...]]
    columns: Columns


def _parsed(header: Sequence[str], numbers: np.ndarray) -> dict[str, _Set]:
    """Groups columns by their sets and heads."""
    places: dict[str, dict[str, list[int]]] = {}
    for place, column in enumerate(header):
        which, head, _ = column.split(".", 2)
        places.setdefault(which, {}).setdefault(head, []).append(place)
    return {
        which: _Set(
            names={
                head: tuple(header[place].split(".", 2)[2] for place in found)
                for head, found in heads.items()
            },
            columns={head: numbers[:, found] for head, found in heads.items()},
        )
        for which, heads in places.items()
    }


def _rows(
    sets: Mapping[str, _Set],
    units: Sequence[str],
    thresholds: Mapping[str, Mapping[str, float]],
) -> ScoredRows:
    """Makes rows of the sets."""
    votes = sets.get(VOTES)
    others = set(sets) - {LABEL, VOTES, MODEL, CONSTANT, LEAST_ERROR}
    predicted = {
        name: Candidate(
            predictions=Predictions.of(sets[name].columns),
            thresholds=thresholds.get(MODEL if name.startswith(SEED) else name, {}),
        )
        for name in sets
        if name == MODEL or name in others
    }
    seeds = [name for name in sorted(others, key=_number) if name.startswith(SEED)]
    return ScoredRows(
        targets=_targets(sets[LABEL], len(units)),
        votes=None if votes is None else _targets(votes, len(units)),
        units=units,
        model=predicted.pop(MODEL),
        constants=Constants(
            usual=Predictions.of(sets[CONSTANT].columns),
            least_error=Predictions.of(sets[LEAST_ERROR].columns),
        ),
        seeds={_number(name): predicted.pop(name) for name in seeds},
        baselines=predicted,
    )


def _number(name: str) -> int:
    """Returns the number of a seed's set; 0 for another set."""
    number = name.removeprefix(SEED)
    return int(number) if number.isdecimal() else 0


def _targets(labels: _Set, count: int) -> Targets:
    """Makes targets of columns of labels, where an unknown one is NaN."""
    found: dict[str, Any] = {}
    for head, values, mask in (
        ("emotion", "emotion", "emotion_mask"),
        ("action_units", "action_unit", "action_unit_mask"),
        ("action_unit_intensities", "intensity", "intensity_mask"),
        ("valence_arousal", "valence_arousal", "valence_arousal_mask"),
    ):
        columns = labels.columns.get(head, np.zeros((count, 0)))
        known = ~np.isnan(columns)
        found[_NAMES[head]] = labels.names.get(head, ())
        found[values] = np.nan_to_num(columns).astype(np.float32)
        found[mask] = known.any(axis=1) if head == "emotion" else known
    return Targets(**found)
