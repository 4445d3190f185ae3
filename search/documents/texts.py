"""Writes what a tested run tells in words: ``results.md`` and ``model_card.md``."""

from collections.abc import Callable, Mapping, Sequence

from models.config.config import complete
from search.final.selection_file import read_selection
from search.final.sidecar import SIDECAR
from search.ledger.records import TrialRecord, find_trial
from search.model_card.card import model_card
from search.model_card.facts import gather_facts
from search.results.section import NEEDED, results_section
from search.run_files import MODEL_CARD, REPORT, RESULTS, named_gaps, read_report
from search.run_folder import RunFolder, write_text
from search.study.study import Study


def write_texts(
    folder: RunFolder,
    study: Study,
    records: Sequence[TrialRecord],
    *,
    again: bool = False,
) -> list[str]:
    """Writes the section of a paper and the model card; returns their names.

    A file that is there stays, unless ``again``: its reader may have changed it. A
    report of an older version lacks parts of both, and the card needs ``model.json``.

    Raises:
        RunError: a file is damaged, or the storage lacks the tested trial.
    """
    report = read_report(folder.file(REPORT))
    if report is None or not report.keys() >= NEEDED:
        return []

    def section() -> str:
        place = str(folder.file(REPORT))
        tested = find_trial(records, int(report["trial"]), place=place)
        selected = read_selection(folder) or {}
        return results_section(study, complete(tested.values), report, selected)

    def card() -> str:
        return model_card(gather_facts(folder, study, records))

    texts = {RESULTS: section}
    if folder.file(SIDECAR).is_file():
        texts[MODEL_CARD] = card
    return _write(folder, texts, again=again)


def _write(
    folder: RunFolder, texts: Mapping[str, Callable[[], str]], *, again: bool
) -> list[str]:
    """Writes each text that is missing, or every one."""
    names = [name for name in texts if again or not folder.file(name).exists()]
    for name in names:
        with named_gaps(folder.file(REPORT)):
            text = texts[name]()
        write_text(folder.file(name), text)
    return names
