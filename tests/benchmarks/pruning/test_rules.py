"""The benchmark of pruning rules: every order of training is one whole training."""

from collections import Counter

import pytest

from tests.benchmarks.pruning.rules import FoldsInTurn, Interleaved
from tests.benchmarks.pruning.setting import FOLDS

ORDERS = (
    FoldsInTurn(),
    FoldsInTurn(pooled=True),
    FoldsInTurn(shuffled=True),
    *(Interleaved(turn=turn) for turn in (1, 2, 4)),
)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("epochs", [6, 9])
def test_each_order_trains_each_epoch_of_each_fold_once_at_rising_steps(order, epochs):
    """A report adds one epoch of one fold, and the folds reach their ends."""
    reports = list(order.reports(epochs, 3))
    steps = [step for step, _ in reports]
    assert steps == sorted(set(steps))
    trained = Counter()
    before = (0,) * FOLDS
    for _, state in reports:
        changed = [f for f in range(FOLDS) if state[f] > before[f]]
        assert len(changed) == 1
        trained[changed[0], state[changed[0]]] += 1
        before = state
    assert trained == Counter(
        {(fold, epoch): 1 for fold in range(FOLDS) for epoch in range(1, epochs + 1)}
    )
