"""What a model card is written from: the files of a run and its storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_pipeline.system.errors import RunError
from models.config.config import complete
from models.config.hyperparameters import Value
from search.final.sidecar import SIDECAR
from search.ledger.records import TrialRecord, find_trial
from search.run_files import REPORT, read_report
from search.run_folder import RunFolder, read_json
from search.stopping.search_clock import SECONDS
from search.study.study import Study

Numbers = Mapping[str, Any]
"""The content of a JSON file of a run, or a part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """A tested model.

    ``values`` are the hyperparameters of its trial, ``report`` is the content of
    ``holdout.json`` and ``sidecar`` that of ``model.json``. ``seconds`` is how long the
    search took, ``None`` where that was not stored.
    """

    study: Study
    values: Mapping[str, Value]
    report: Numbers
    sidecar: Numbers
    seconds: float | None


def gather_facts(
    folder: RunFolder, study: Study, records: Sequence[TrialRecord]
) -> CardFacts:
    """Reads what the card of a tested run tells; ``records`` are its trials.

    Raises:
        RunError: a file is missing or damaged, or the tested trial is missing.
    """
    report, sidecar = read_report(folder.file(REPORT)), read_json(folder.file(SIDECAR))
    if report is None or sidecar is None:
        missing = REPORT if report is None else SIDECAR
        raise RunError(
            f'{folder.path}: has no {missing}; run the study until "holdout"'
        )
    place = str(folder.file(REPORT))
    tested = find_trial(records, int(report["trial"]), place=place)
    found = (each.attributes.get(SECONDS) for each in records)
    return CardFacts(
        study=study,
        values=complete(tested.values),
        report=report,
        sidecar=sidecar,
        seconds=max((float(one) for one in found if one is not None), default=None),
    )
