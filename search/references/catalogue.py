"""All works, and those that a run cites."""

from collections.abc import Container

from search.references.materials import MATERIALS
from search.references.measuring import MEASURING
from search.references.networks import NETWORKS
from search.references.reporting import REPORTING
from search.references.searching import SEARCHING
from search.references.training import TRAINING
from search.references.work import Work

WORKS: tuple[Work, ...] = (
    *SEARCHING,
    *MEASURING,
    *NETWORKS,
    *TRAINING,
    *MATERIALS,
    *REPORTING,
)


def cited(methods: Container[str]) -> list[Work]:
    """Lists the works on some methods, by their authors and year.

    Example:
        >>> [work.key for work in cited({"sampler:random", "package:optuna"})]
        ['akiba2019', 'bergstra2012']
    """
    found = [work for work in WORKS if any(name in methods for name in work.of)]
    return sorted(found, key=lambda work: (work.authors.casefold(), work.year))


def cites(*methods: str) -> str:
    """Writes the works on some methods as a text cites them; empty without any.

    Example:
        >>> cites("data:ckplus"), cites("sampler:grid")
        (' (Kanade et al. 2000; Lucey et al. 2010)', '')
    """
    found = "; ".join(work.citation() for work in cited(methods))
    return f" ({found})" if found else ""
