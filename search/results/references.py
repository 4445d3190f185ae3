"""The references: every work on a method that the study used."""

from collections.abc import Iterator, Mapping, Sequence

from models.config.hyperparameters import Value
from search.references.catalogue import cited
from search.references.used import used_methods
from search.results.markdown import bullets, heading
from search.results.words import Report
from search.study.study import Study


def references(
    study: Study, tested: Sequence[Mapping[str, Value]], report: Report
) -> Iterator[str]:
    """Lists the works in full, each with what it is cited for."""
    works = cited(used_methods(study, tested, report))
    yield from heading("References")
    yield from bullets(f"{work.reference()} [{work.what}]" for work in works)
