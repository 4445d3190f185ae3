"""The material of the report: what a run's folder and its storage have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from data_pipeline.split.receipt import Receipt
from data_pipeline.split.receipt_file import Receipts
from search.final.selection import SELECTION
from search.holdout.predictions_file import RecordedRows
from search.holdout.rescore import recorded_rows
from search.ledger.reader import RunProvenance, read_provenance, read_records
from search.ledger.records import TrialRecord, best_trial
from search.run_files import NESTED, NESTED_ROWS, PREDICTED, REPORT, read_report
from search.run_folder import RunFolder, read_json
from search.storage.url import masked
from search.study.study import Study


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """A run as far as it has come.

    ``test`` is the content of ``holdout.json``, ``None`` before the test, or of
    ``nested.json``, of which the trials are those of no single search; ``rows`` are
    what it predicted, if the table is there. ``choice`` is ``selection.json``, which
    may be empty. ``storage`` is its URL without a password.
    """

    folder: RunFolder
    study: Study
    synthetic: bool
    storage: str
    records: Sequence[TrialRecord]
    provenance: RunProvenance
    choice: Mapping[str, Any]
    test: Mapping[str, Any] | None
    rows: RecordedRows | None
    receipts: Sequence[Receipt]

    @property
    def nested(self) -> bool:
        """Whether it is of all outer parts of a nested run."""
        return "parts" in (self.test or {})

    @property
    def report_file(self) -> str:
        """The name of the file that ``test`` is of."""
        return NESTED if self.nested else REPORT

    @property
    def rows_file(self) -> str:
        """The name of the file that ``rows`` are of."""
        return NESTED_ROWS if self.nested else PREDICTED

    @cached_property
    def own(self) -> Sequence[TrialRecord]:
        """The trials that count: without those that a crash interrupted."""
        return [record for record in self.records if not record.interrupted]

    @cached_property
    def ended(self) -> Sequence[TrialRecord]:
        """Those of them that have ended."""
        return [record for record in self.own if record.state != "RUNNING"]

    @cached_property
    def completed(self) -> Sequence[TrialRecord]:
        """Those that were trained to their end."""
        return [record for record in self.ended if record.value is not None]

    @cached_property
    def chosen(self) -> TrialRecord | None:
        """The trial that was tested, or else the one that would be; ``None`` so far."""
        number = (self.test or {}).get("trial", self.choice.get("chosen"))
        found = (record for record in self.completed if record.number == number)
        return next(found, best_trial(self.completed))


def gather(
    folder: RunFolder, study: Study, *, synthetic: bool, storage: str
) -> Material:
    """Reads what there is of a run; ``storage`` is its URL.

    Raises:
        InputError: the storage does not have the run.
        RunError: a file of the run is damaged.
    """
    test = read_report(folder.file(REPORT))
    has_rows = test is not None and folder.file(PREDICTED).is_file()
    receipts = Receipts(folder.receipts).read()
    return Material(
        folder=folder,
        study=study,
        synthetic=synthetic,
        storage=masked(storage),
        records=read_records(study, url=storage, name=folder.name),
        provenance=read_provenance(url=storage, name=folder.name),
        choice=read_json(folder.file(SELECTION)) or {},
        test=test,
        rows=recorded_rows(folder, test or {}) if has_rows else None,
        receipts=[old for old in receipts if old.opener.run == folder.name],
    )


def gather_nested(
    folder: RunFolder, study: Study, *, test: Mapping[str, Any]
) -> Material:
    """Makes the material of all outer parts; ``test`` is that of ``nested.json``.

    What was predicted is scored already, part by part: thresholds differ.
    """
    return Material(
        folder=folder,
        study=study,
        synthetic=bool(test["synthetic"]),
        storage="",
        records=(),
        provenance=RunProvenance(identity={}, pixels={}, machines=()),
        choice={},
        test=test,
        rows=None,
        receipts=(),
    )
