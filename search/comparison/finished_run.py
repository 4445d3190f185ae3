"""A run whose model was tested on the hold-out, as far as it is compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_pipeline.split.receipt import Members
from data_pipeline.split.receipt_file import RECEIPTS, Receipts
from data_pipeline.system.errors import InputError
from search.ledger.reader import RunProvenance, read_provenance
from search.ledger.records import TrialRecord, find_trial
from search.pipeline.past_runs import find_run, records_of_run, study_of_run
from search.run_files import REPORT, read_report
from search.run_folder import RunFolder
from search.stopping.search_clock import SECONDS
from search.storage.url import chosen_storage
from search.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """A tested run.

    ``report`` is the content of ``holdout.json``. ``people`` are those it was tested
    on; ``None`` where no receipt says who they are. ``storage`` is a URL.
    """

    folder: RunFolder
    study: Study
    report: Mapping[str, Any]
    records: Sequence[TrialRecord]
    provenance: RunProvenance
    people: Members | None
    storage: str

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def tested(self) -> TrialRecord:
        """The trial whose model was tested."""
        place = str(self.folder.file(REPORT))
        return find_trial(self.records, int(self.report["trial"]), place=place)

    @property
    def seconds(self) -> float | None:
        """How long the search took, over all its starts; ``None`` if not stored."""
        found = (record.attributes.get(SECONDS) for record in self.records)
        return max((float(one) for one in found if one is not None), default=None)


def read_finished(out: Path, name: str, *, storage: str | None) -> FinishedRun:
    """Reads a run in ``out``; ``storage`` is as given to ``search.run``.

    Raises:
        InputError: there is no such run, or it was not tested.
        RunError: a file of it is damaged.
    """
    folder = find_run(out, name, option="")
    report = read_report(folder.file(REPORT))
    if report is None:
        raise InputError(
            f"{name}: the run in {folder.path} is not finished: it has no {REPORT}; "
            "rerun its command, or leave it out"
        )
    url = chosen_storage(storage) or folder.storage
    return FinishedRun(
        folder=folder,
        study=study_of_run(folder)[0],
        report=report,
        records=records_of_run(folder, storage=storage),
        provenance=read_provenance(url=url, name=folder.name),
        people=_people(folder),
        storage=url,
    )


def _people(folder: RunFolder) -> Members | None:
    """Returns the members of the last test of a run."""
    receipts = Receipts(folder.receipts).read()
    found = [old.members for old in receipts if old.opener.run == folder.name]
    return found[-1] if found else None


def no_receipt(run: FinishedRun) -> str:
    """Says that nothing tells who was tested."""
    return f"{RECEIPTS} does not say who {run.name} was tested on"


def check_comparable(runs: Sequence[FinishedRun]) -> list[str]:
    """Lists the heads that all runs have, with the same labels.

    Raises:
        InputError: they have no target in common.
    """
    heads = [_labels(run) for run in runs]
    shared = [
        head
        for head, labels in heads[0].items()
        if all(other.get(head) == labels for other in heads)
    ]
    if not shared:
        found = "; ".join(
            f"{run.name} has {_listed(one)}"
            for run, one in zip(runs, heads, strict=True)
        )
        raise InputError(
            "the runs have no target with the same labels, so that no score of one is "
            f"comparable with another's: {found}; compare runs of the same targets"
        )
    return shared


PARTS: Mapping[str, str] = {
    "emotion": "per_class",
    "action_units": "per_au",
    "action_unit_intensities": "per_au",
    "valence_arousal": "per_dimension",
}
"""Head -> the part of its report that names its labels."""


def _labels(run: FinishedRun) -> dict[str, list[str]]:
    return {
        head: sorted(run.report[head].get(part, ()))
        for head, part in PARTS.items()
        if head in run.report
    }


def _listed(heads: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(f"{head} ({', '.join(labels)})" for head, labels in heads.items())
