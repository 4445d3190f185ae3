"""How the model was trained: procedure, hyperparameters, time."""

from collections.abc import Iterator

from search.callbacks.running_trials import clock
from search.model_card.facts import CardFacts
from search.results.choice import choice
from search.results.markdown import bullets, heading
from search.results.selection import configuration, tested_model


def training(facts: CardFacts) -> Iterator[str]:
    """Describes the search, the chosen configuration, and what it cost."""
    yield from heading("Training procedure")
    yield from bullets(_search(facts))
    yield from bullets(tested_model(facts.report))
    yield from bullets(choice(facts.report))
    yield from bullets(_time(facts))
    yield ""
    yield from configuration(facts.study, facts.values)


def _search(facts: CardFacts) -> Iterator[str]:
    counts, search = facts.report["search"], facts.study.search
    yield (
        f"Hyperparameters were chosen among {counts['trials']} trials "
        f"({counts['completed']} completed, {counts['pruned']} pruned, "
        f"{counts['failed']} failed) by sampler {search.sampler} and pruner "
        f"{search.pruner}, on development subjects alone"
    )


def _time(facts: CardFacts) -> Iterator[str]:
    """Says how long the search took, if that was stored."""
    if facts.seconds is not None:
        yield (
            f"Time: the search took {clock(facts.seconds)}, without the retraining. "
            "Energy was not measured"
        )
