"""Writes what a nested run tells in words: its ``results.md``."""

from collections.abc import Mapping
from typing import Any

from search.final.exported_config import BEST, read_exported
from search.results.nested_section import nested_section
from search.run_files import NESTED, RESULTS, named_gaps
from search.run_folder import RunFolder, write_text
from search.study.study import Study


def write_nested_texts(
    folder: RunFolder, study: Study, report: Mapping[str, Any]
) -> list[str]:
    """Writes the section of a paper; returns the names of what was written.

    ``report`` is the content of ``nested.json``. The parts' configurations are in
    their folders; without these nothing is written.
    """
    parts = [RunFolder(out=folder.out, name=part["run"]) for part in report["parts"]]
    if "tested" not in report or not all(p.file(BEST).is_file() for p in parts):
        return []
    chosen = [dict(read_exported(part.file(BEST)).study.space.fixed) for part in parts]
    with named_gaps(folder.file(NESTED)):
        text = nested_section(study, chosen, report)
    write_text(folder.file(RESULTS), text)
    return [RESULTS]
