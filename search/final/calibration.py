"""The calibration of the trial that is retrained: fitted when the trial completed."""

from collections.abc import Mapping
from typing import Any

from models.calibration.calibration import Calibration, CalibrationFit
from search.ledger.records import TrialRecord
from search.study.study import Study
from search.trial.messages import CALIBRATION


def calibration_of(study: Study, record: TrialRecord) -> CalibrationFit | None:
    """Reads a completed trial's calibration.

    ``None`` if the study wants none, or if the trial is of a version without.
    """
    entry = record.attributes.get(CALIBRATION)
    if entry is None or not study.final.calibrate:
        return None
    return CalibrationFit.of(entry)


def calibration_of_sidecar(sidecar: Mapping[str, Any]) -> Calibration:
    """Reads the calibration of an exported model, which may change nothing."""
    entry = sidecar.get(CALIBRATION)
    return Calibration() if entry is None else Calibration.of(entry)
