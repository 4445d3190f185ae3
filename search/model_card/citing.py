"""What to cite: the works behind the data and the methods, as BibTeX."""

from collections.abc import Iterator

from search.model_card.facts import CardFacts
from search.references.catalogue import cited
from search.references.used import used_methods
from search.results.markdown import heading

CARD = "model_card"
"""The method that the works on model cards are of."""


def citing(facts: CardFacts) -> Iterator[str]:
    """Lists the works on what the run used, and on model cards."""
    used = used_methods(facts.study, [facts.values], facts.report)
    yield from heading("Citation")
    yield "Cite the data set, and the works on the methods that you name:"
    yield ""
    yield "```bibtex"
    yield from (work.bibtex() for work in cited(used | {CARD}))
    yield "```"
