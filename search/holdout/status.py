"""What a run's folder says of its test: done, interrupted, or of another model."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from data_pipeline.files.safe_open import sha256
from data_pipeline.split.receipt import Opener
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.system.errors import StudyError
from search.final.kept_model import kept_model
from search.final.sidecar import MODEL, SIDECAR
from search.inputs.run import Run
from search.ledger.identity import changes
from search.run_files import FINAL, REPORT, STUDY, read_report
from search.run_folder import RunFolder, read_json
from search.study.study import read_study


def tested_trial(run: Run) -> int | None:
    """Returns the trial whose model the hold-out was opened for, if any."""
    report = read_report(run.folder.file(REPORT))
    if report is None and test_is_unfinished(run):
        report = read_json(run.folder.file(SIDECAR))
    return None if report is None else int(report["trial"])


def refuse_other_settings(run: Run, *, reopens: bool) -> None:
    """Refuses other settings of ``[final]`` than those of the tested model.

    ``reopens`` is whether this start retrains and tests again.

    Raises:
        StudyError: there is a tested model of other settings; names each key.
    """
    if reopens or tested_trial(run) is None:
        return
    before = _tested_settings(run)
    now = {key: value for key, value in _settings(run).items() if key in before}
    lines = changes(before, now)
    if lines:
        raise StudyError(
            f"run {run.folder.name}: [final] must not change after the test on the "
            "hold-out; changed:\n"
            + "\n".join(f"  {line}" for line in lines)
            + "\nRestore it, retrain and test again with --reopen and --until holdout "
            "(every evaluation is recorded), or copy the study file under another name."
        )


def _settings(run: Run) -> dict[str, Any]:
    """Lists the settings of ``[final]`` as they are now."""
    return {f"final.{key}": value for key, value in asdict(run.study.final).items()}


def _tested_settings(run: Run) -> Mapping[str, Any]:
    """Lists the settings of ``[final]`` that the tested model was made with.

    A test that was interrupted has no report, and the study that it began with lies in
    the folder: every start writes it, if it is not refused.
    """
    report = read_report(run.folder.file(REPORT)) or {}
    found = report.get(FINAL)
    if found is None:
        found = {}
        with suppress(StudyError):
            found = asdict(read_study(str(run.folder.file(STUDY))).final)
    return {f"final.{key}": value for key, value in found.items()}


def test_is_unfinished(run: Run) -> bool:
    """Whether a crash came between a receipt and its report."""
    if run.folder.file(REPORT).exists():
        return False
    kept = kept_model(run)
    return kept is not None and run.data.split.hold_out.opened_by(
        Receipts(run.folder.receipts),
        Opener(run=run.folder.name, model=kept.digest),
        data=run.data.population,
    )


def retrained_since(folder: RunFolder) -> bool:
    """Whether the folder holds another model file than the one tested last."""
    openers = [old.opener for old in Receipts(folder.receipts).read()]
    tested = [opener.model for opener in openers if opener.run == folder.name]
    model = folder.file(MODEL)
    return bool(tested) and model.is_file() and sha256(model) != tested[-1]
