"""The results section: its parts in order.

It is written from ``holdout.json``, the study and the tested configuration. It has no
number of its own.
"""

from collections.abc import Mapping

from models.config.hyperparameters import Value
from search.results.methods import methods
from search.results.protocol import protocol
from search.results.references import references
from search.results.scores import scores
from search.results.selection import selection
from search.results.words import Report
from search.study.study import Study

NEEDED = frozenset({"search", "split", "intervals", "tested", "primary"})
"""Parts of a report that the section needs, beside its heads."""


def results_section(study: Study, values: Mapping[str, Value], report: Report) -> str:
    """Renders the protocol, the search, the tested configuration and its results.

    ``values`` are the hyperparameters of the tested trial, and ``report`` is the
    content of ``holdout.json``.
    """
    title = (
        f"# Results of the study {report['study']}",
        "",
        "Written by the run from holdout.json, which has every number in full.",
    )
    parts = (
        title,
        protocol(study, report),
        selection(study, values, report),
        scores(report),
        methods(report),
        references(study, [values], report),
    )
    return "\n".join(line for part in parts for line in part) + "\n"
