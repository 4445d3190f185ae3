"""A ledger for the bridge's tests: it starts trials and records their outcomes."""

from search.trial.messages import (
    Completed,
    Report,
    Retraining,
    RetrainRequest,
    Spent,
    TrialRequest,
)

ORDER = RetrainRequest(values={}, seed=1, stop_after=2, path="model.keras")


def then(*requests, kept=None):
    """Retrains these, and puts their outcomes by path into ``kept``."""
    kept = {} if kept is None else kept

    def keep(request, outcome):
        assert request.path not in kept
        kept[request.path] = outcome

    return Retraining(plan=lambda: requests, keep=keep)


class FakeLedger:
    """Starts a number of trials and records their outcomes."""

    def __init__(self, budget, *, prunes=()):
        """Takes the budget, and the numbers of the trials that are pruned."""
        self.budget = budget
        self.prunes = prunes
        self.next = 0
        self.outcomes = {}
        self.nodes = {}

    def use_nodes(self, names):
        """Takes the nodes that take trials now."""
        self.living = list(names)

    def locate(self, number, node):
        """Records the node of a trial that is not told yet."""
        assert number not in self.outcomes
        self.nodes[number] = node

    def ask(self):
        """Proposes the next trial."""
        if self.next == self.budget:
            return None
        self.next += 1
        return TrialRequest(number=self.next - 1, seed=0, values={}, seconds=0.25)

    def report(self, number, report):
        """Prunes the trials that it was made to prune."""
        return number in self.prunes and not report.last

    def tell(self, number, outcome):
        """Records an outcome; none is recorded twice."""
        assert number not in self.outcomes
        self.outcomes[number] = outcome


def report(epochs=1, *, last=False):
    """A report after some epochs."""
    return Report(
        step=epochs,
        fold=0,
        epoch=epochs,
        value=0.5,
        last=last,
        spent=Spent(epochs=epochs, trained=1.0),
    )


def completed():
    """An outcome of two epochs."""
    return Completed(
        value=0.5,
        epoch=1,
        curve=(0.5, 0.4),
        scores={},
        thresholds={},
        spent=Spent(epochs=2, trained=2.0),
    )
