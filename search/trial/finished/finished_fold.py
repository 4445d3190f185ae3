"""A finished fold of a trial that still runs, as bytes.

A worker packs a fold once it is over and sends it with the fold's last report. If the
trial is lost, the worker that runs it again unpacks it and repeats its reports. It has
the predictions of all epochs, by which folds are pooled, and with checkpoints the
weights of the best epoch.
"""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from models.metrics.predictions import HEADS, Predictions
from search.trial.fold_history import FoldHistory
from search.trial.generalization_gap import Gap
from search.trial.messages import Curves, PackedFold, Report, Spent

HEADER, WEIGHTS = "header", "weights"
VALIDATION, SAMPLE = "validation", "sample"

OF_A_RUN = ("finished", "repeated")
"""What a report has that is not kept."""

DIGEST = 32
"""Bytes of the digest before the archive: a kill or a disk may have damaged that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedFold:
    """A fold that is over: its epochs, their reports, and its best weights.

    ``weights`` are the bytes of the best epoch's file, empty without checkpoints.
    """

    history: FoldHistory
    reports: tuple[Report, ...]
    weights: bytes = field(default=b"", repr=False)

    @property
    def spent(self) -> Spent:
        """What the trial had cost by the end of the fold."""
        return self.reports[-1].spent

    def packed(self, identity: Mapping[str, Any]) -> PackedFold:
        """Packs the fold of a trial; ``identity`` is what decides its numbers."""
        header = {
            "identity": identity,
            "values": [float(value) for value in self.history.values],
            "rates": [float(rate) for rate in self.history.rates],
            "reports": [_entry(report) for report in self.reports],
        }
        content = io.BytesIO()
        arrays = {
            HEADER: np.frombuffer(json.dumps(header).encode(), np.uint8),
            WEIGHTS: np.frombuffer(self.weights, np.uint8),
            **_arrays(VALIDATION, self.history.predictions),
            **_arrays(SAMPLE, self.history.sample_predictions),
        }
        np.savez(content, **arrays)  # type: ignore[arg-type]
        archive = content.getvalue()
        return PackedFold(hashlib.sha256(archive).digest() + archive)


def unpack_fold(content: bytes, identity: Mapping[str, Any]) -> FinishedFold | None:
    """Unpacks a fold; ``None`` where it is damaged, or of another identity."""
    digest, archive = content[:DIGEST], content[DIGEST:]
    if hashlib.sha256(archive).digest() != digest:
        return None
    with np.load(io.BytesIO(archive), allow_pickle=False) as file:
        header = json.loads(file[HEADER].tobytes())
        if header["identity"] != json.loads(json.dumps(identity)):
            return None
        history = FoldHistory(
            predictions=_predictions(VALIDATION, file),
            values=header["values"],
            rates=header["rates"],
            sample_predictions=_predictions(SAMPLE, file),
        )
        reports = tuple(_report(entry) for entry in header["reports"])
        weights = file[WEIGHTS].tobytes()
    return FinishedFold(history=history, reports=reports, weights=weights)


def _arrays(name: str, epochs: Sequence[Predictions]) -> dict[str, np.ndarray]:
    """Stacks the outputs of each head: (epochs, rows, outputs)."""
    return {
        f"{name}.{head}": np.stack([getattr(one, head) for one in epochs])
        for head in HEADS
        if epochs and getattr(epochs[0], head) is not None
    }


def _predictions(name: str, file: Mapping[str, np.ndarray]) -> list[Predictions]:
    names = {head: f"{name}.{head}" for head in HEADS}
    stacks = {head: file[key] for head, key in names.items() if key in file}
    count = len(next(iter(stacks.values()), ()))
    return [
        Predictions.of({head: stack[epoch] for head, stack in stacks.items()})
        for epoch in range(count)
    ]


def _entry(report: Report) -> dict[str, Any]:
    entry = asdict(report)
    return {key: value for key, value in entry.items() if key not in OF_A_RUN}


def _report(entry: Mapping[str, Any]) -> Report:
    gap = entry["gap"]
    nested = {
        "spent": Spent(**entry["spent"]),
        "curves": Curves(**entry["curves"]),
        "gap": None if gap is None else Gap(**gap),
    }
    return Report(**{**entry, **nested}, repeated=True)
