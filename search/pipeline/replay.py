"""Trains a recorded trial again, and compares each of its epochs."""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from data_pipeline.system.errors import InputError
from search.callbacks.progress_bar import ProgressBar, open_console
from search.executors.machine import Machine, repeats_exactly, this_machine
from search.inputs.prepare import data_identity, prepare_job
from search.ledger.identity import changes
from search.ledger.reader import read_provenance
from search.ledger.records import TrialRecord
from search.pipeline.opening import open_past_run
from search.pipeline.past_runs import records_of_run
from search.pipeline.placement import find_placement
from search.reports.replay_report import TOLERANCE, Replay, ReplayedValue
from search.run_folder import RunFolder
from search.storage.url import chosen_storage
from search.trial.messages import Completed, Outcome, Pruned, Report, TrialRequest
from search.trial.worker_start import start_worker

COMPLETED, DIVERGED = "completed", "diverged"
STOPPED, GOES_ON = "stopped after its last epoch", "does not diverge"
"""How a trial ends that is replayed up to its last epoch, and one beyond it."""


def replay_trial(
    folder: RunFolder,
    number: int,
    *,
    data: str | None = None,
    storage: str | None = None,
    tolerance: float | None = None,
) -> Replay:
    """Trains a trial again from its record: its configuration and its seed.

    A trial that did not complete is trained up to its last recorded epoch. Writes
    nothing but the cache of images.

    Args:
        folder: of the run.
        number: of the trial.
        data: as given to ``search.run``; a run on synthetic faces finds them itself.
        storage: likewise.
        tolerance: largest difference that counts as equal; by default none on the same
            processor with the same versions, else ``TOLERANCE``.

    Returns:
        The recorded and the replayed values, and what has changed since.

    Raises:
        InputError: there is no such trial, it has no epoch, or the data are not there.
    """
    record = _recorded(records_of_run(folder, storage=storage), number, folder)
    url = chosen_storage(storage) or folder.storage
    provenance = read_provenance(url=url, name=folder.name)
    with ProgressBar(open_console()) as bar:
        run = open_past_run(folder, data, bar)
        placement = find_placement(run.study, [record], serial=True)
        job, pixels = prepare_job(run, placement)
        # A slower machine must not prune what the search has trained.
        job = replace(job, limits={})
        reports, end = _follow(start_worker(job).trial(_request(record)), record, bar)
    recorded_on = provenance.machine_of(record)
    here = this_machine(run.study, placement)
    exact = repeats_exactly(recorded_on, here)
    now = {**run.study.identity(), **data_identity(run), **pixels}
    before = {**provenance.identity, **provenance.pixels}
    return Replay(
        run=folder.name,
        trial=number,
        values=tuple(_values(record, reports, end, stride=run.study.stride)),
        tolerance=(0.0 if exact else TOLERANCE) if tolerance is None else tolerance,
        changes=(*_changed(before, now), *_moved(recorded_on, here)),
        ends=(_recorded_end(record), _replayed_end(record, reports, end)),
    )


def _recorded(
    records: Sequence[TrialRecord], number: int, folder: RunFolder
) -> TrialRecord:
    """Finds a trial that has an epoch and a seed."""
    known = {record.number: record for record in records}
    record = known.get(number)
    if record is not None and record.curve and "seed" in record.attributes:
        return record
    with_epochs = [str(n) for n, other in known.items() if other.curve]
    why = "there is no such trial"
    if record is not None:
        reason = f", {record.reason}" if record.reason else ""
        why = f"it has no epoch to compare ({record.state.lower()}{reason})"
    raise InputError(
        f"--trial {number}: {why}; trials of {folder.name} with epochs: "
        f"{', '.join(with_epochs) or 'none yet'}"
    )


def _request(record: TrialRecord) -> TrialRequest:
    return TrialRequest(
        number=record.number,
        seed=int(record.attributes["seed"]),
        values=record.values,
        seconds=0.0,
    )


def _follow(
    stream: Generator[Report, None, Outcome], record: TrialRecord, bar: ProgressBar
) -> tuple[list[Report], Outcome | None]:
    """Trains as far as the record goes; the outcome is ``None`` where it stops there.

    A trial that diverged is trained until it diverges, or does not.
    """
    reports: list[Report] = []
    last, total = max(record.curve), len(record.curve)
    is_whole, diverged = record.state == "COMPLETE", record.reason == DIVERGED
    while True:
        bar.stage(f"replaying trial {record.number}", min(len(reports), total), total)
        try:
            report = next(stream)
        except StopIteration as end:
            return reports, end.value
        reports.append(report)
        if not is_whole and report.step >= last + diverged:
            stream.close()
            return reports, None


def _values(
    record: TrialRecord,
    reports: Sequence[Report],
    end: Outcome | None,
    *,
    stride: int,
) -> Iterator[ReplayedValue]:
    """Pairs the epochs, then the values of the trial if it completed."""
    replayed = {report.step: report.value for report in reports}
    for step in sorted(record.curve.keys() | replayed.keys()):
        fold, before = divmod(step - 1, stride)
        yield ReplayedValue(
            fold=fold + 1,
            epoch=before + 1,
            recorded=record.curve.get(step),
            replayed=replayed.get(step),
        )
    value = end.value if isinstance(end, Completed) else None
    if record.value is not None or value is not None:
        yield ReplayedValue(
            fold=None,
            epoch=record.attributes.get("epoch"),
            recorded=record.value,
            replayed=value,
        )


def _recorded_end(record: TrialRecord) -> str:
    if record.state == "COMPLETE":
        return COMPLETED
    return DIVERGED if record.reason == DIVERGED else STOPPED


def _replayed_end(
    record: TrialRecord, reports: Sequence[Report], end: Outcome | None
) -> str:
    match end:
        case None:
            is_over = bool(reports) and reports[-1].step > max(record.curve)
            return GOES_ON if is_over else STOPPED
        case Completed():
            return COMPLETED
        case Pruned(reason=reason):
            return reason
        case _:
            return f"failed, {end.reason}"


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Lists what has changed of the study and the data."""
    for line in changes(before, json.loads(json.dumps(now))):
        yield f"changed since the search: {line}"


def _moved(before: Machine | None, here: Machine) -> Iterator[str]:
    """Lists what has changed of versions, device and code."""
    if before is None:
        yield "the run does not say what this trial ran on (its version did not)"
        return
    for line in changes(before, here):
        yield f"changed since the trial: {line}"
