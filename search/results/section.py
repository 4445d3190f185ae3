"""The results section: its parts in order.

It is written from ``holdout.json``, ``selection.json``, the study and the tested
configuration. It has no number of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from models.config.hyperparameters import Value
from search.references.catalogue import cited
from search.references.used import used_methods
from search.results.markdown import as_text, bullets, heading
from search.results.methods import methods
from search.results.protocol import protocol
from search.results.scores import scores
from search.results.selection import selection
from search.results.words import Report, drawn_mark
from search.study.study import Study

NEEDED = frozenset({"search", "split", "intervals", "tested", "primary"})
"""Parts of a report that the section needs, beside its heads."""


def results_section(
    study: Study,
    values: Mapping[str, Value],
    report: Report,
    selected: Report = MappingProxyType({}),
) -> str:
    """Renders the protocol, the search, the tested configuration and its results.

    ``values`` are the hyperparameters of the tested trial, ``report`` is the content of
    ``holdout.json``, and ``selected`` that of ``selection.json``, if it is there.
    """
    title = (
        f"# Results of the study {report['study']}",
        "",
        "Written from holdout.json, which has every number in full.",
        *drawn_mark(report),
    )
    parts = (
        title,
        protocol(study, report),
        selection(study, values, report, selected),
        scores(report),
        methods(report),
        references(study, [values], report),
    )
    return as_text(line for part in parts for line in part) + "\n"


def references(
    study: Study, tested: Sequence[Mapping[str, Value]], report: Report
) -> Iterator[str]:
    """Lists every work on a method that the study used, in full, with what it is for.

    ``tested`` are complete configurations.
    """
    works = cited(used_methods(study, tested, report))
    yield from heading("References")
    yield from bullets(f"{work.reference()} [{work.what}]" for work in works)
