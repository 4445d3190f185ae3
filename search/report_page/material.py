"""The material of the report: what a run's folder and its storage have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from data_pipeline.split.receipt import Receipt
from data_pipeline.split.receipt_file import Receipts
from search.final.selection_file import read_selection
from search.holdout.predictions_file import RecordedRows, read_predictions
from search.holdout.rescore import recorded_rows
from search.ledger.reader import (
    RunProvenance,
    read_end,
    read_provenance,
    read_records,
)
from search.ledger.records import TrialRecord, best_trial
from search.run_files import (
    NESTED,
    NESTED_ROWS,
    PREDICTED,
    REPORT,
    STUDY,
    read_report,
)
from search.run_folder import RunFolder
from search.stopping.search_end import SearchEnd
from search.storage.url import masked
from search.study.study import Study, read_study


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """A run as far as it has come.

    ``test`` is the content of ``holdout.json``, ``None`` before the test, or of
    ``nested.json``, of which the trials are those of no single search; ``rows`` are
    what it predicted, if the table is there. ``end`` is why the search
    ended before its number of trials, if it did. ``choice`` is ``selection.json``,
    which may be empty. ``storage`` is its URL without a password. ``parts`` are the
    runs of all outer parts of a nested run, if their folders are there.
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
    end: SearchEnd | None = None
    parts: Sequence["Material"] = ()

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

    @property
    def searches(self) -> Sequence["Material"]:
        """The runs that have trials: itself, or the parts of a nested run."""
        return self.parts if self.nested else (self,)

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
        end=read_end(study, url=storage, name=folder.name),
        choice=read_selection(folder) or {},
        test=test,
        rows=recorded_rows(folder, test or {}) if has_rows else None,
        receipts=[old for old in receipts if old.opener.run == folder.name],
    )


def gather_nested(
    folder: RunFolder,
    study: Study,
    *,
    test: Mapping[str, Any],
    storage: str | None = None,
) -> Material:
    """Makes the material of all outer parts; ``test`` is that of ``nested.json``.

    ``storage`` is the URL that all parts share; ``None`` where each has its own. The
    rows have no thresholds, which differ from part to part.

    Raises:
        InputError: a storage does not have the run of a part.
        RunError: a file is damaged.
    """
    rows, synthetic = folder.file(NESTED_ROWS), bool(test["synthetic"])
    parts = [RunFolder(out=folder.out, name=part["run"]) for part in _runs(test)]
    whole = all(part.file(STUDY).is_file() for part in parts)
    found = [
        gather(
            part,
            read_study(str(part.file(STUDY))),
            synthetic=synthetic,
            storage=storage or part.storage,
        )
        for part in (parts if whole else ())
    ]
    return Material(
        folder=folder,
        study=study,
        synthetic=synthetic,
        storage="" if storage is None else masked(storage),
        records=(),
        provenance=_shared([part.provenance for part in found]),
        choice={},
        test=test,
        rows=read_predictions(rows, {}, before=1) if rows.is_file() else None,
        receipts=[old for part in found for old in part.receipts],
        parts=found,
    )


def _runs(test: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Lists the parts whose runs are named; older reports name none."""
    return [part for part in test["parts"] if "run" in part]


def _shared(parts: Sequence[RunProvenance]) -> RunProvenance:
    """Keeps what the identities of all parts have alike, and every machine."""
    machines = [machine for part in parts for machine in part.machines]
    return RunProvenance(
        identity=_alike([part.identity for part in parts]),
        pixels=_alike([part.pixels for part in parts]),
        machines=[one for at, one in enumerate(machines) if one not in machines[:at]],
    )


def _alike(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Keeps the keys that have the same value in all tables."""
    first, *others = tables or [{}]
    return {
        key: value
        for key, value in first.items()
        if all(key in other and other[key] == value for other in others)
    }
