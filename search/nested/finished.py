"""Whether an outer part has done what is asked, so that a restart passes it over."""

import hashlib
import json

from search.final.exported_config import BEST
from search.nested.part import Part
from search.pipeline.run_study import STAGES
from search.run_files import PREDICTED, REPORT
from search.run_folder import read_json, write_json

FINISHED = "finished.json"
"""The file in the folder of a part."""


def is_finished(part: Part) -> bool:
    """Whether the part has run as far as its request says, with this study and data.

    Its folder must still have the files that are reported.
    """
    kept = read_json(part.folder.file(FINISHED))
    if kept is None or kept.get("of") != _identity(part):
        return False
    if kept.get("until") not in STAGES[STAGES.index(part.request.until) :]:
        return False
    tested = part.request.until == STAGES[-1]
    files = (BEST, REPORT, PREDICTED) if tested else (BEST,)
    return all(part.folder.file(name).is_file() for name in files)


def is_tested(part: Part) -> bool:
    """Whether the part was tested by a run that was interrupted then."""
    folder = part.folder
    return folder.file(REPORT).is_file() and not folder.file(FINISHED).is_file()


def keep_finished(part: Part) -> None:
    """Writes down that the part has run as far as its request says."""
    content = {"of": _identity(part), "until": part.request.until}
    write_json(part.folder.file(FINISHED), content)


def _identity(part: Part) -> str:
    """Digests a part's study and whom it holds out."""
    whole = json.dumps([part.study.text(), *part.of])
    return hashlib.sha256(whole.encode()).hexdigest()
