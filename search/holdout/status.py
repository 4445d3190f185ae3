"""What a run's folder says of its test: done, interrupted, or of another model."""

from data_pipeline.files.safe_open import sha256
from data_pipeline.split.receipt import Opener
from data_pipeline.split.receipt_file import Receipts
from search.final.kept_model import kept_model
from search.final.sidecar import MODEL, SIDECAR
from search.inputs.run import Run
from search.run_files import REPORT, read_report
from search.run_folder import RunFolder, read_json


def tested_trial(run: Run) -> int | None:
    """Returns the trial whose model the hold-out was opened for, if any."""
    report = read_report(run.folder.file(REPORT))
    if report is None and test_is_unfinished(run):
        report = read_json(run.folder.file(SIDECAR))
    return None if report is None else int(report["trial"])


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
